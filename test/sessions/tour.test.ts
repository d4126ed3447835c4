import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ConsoleStep, consoleSteps, PageIds } from "../support/console-blocks.js";
import type { RelayProcess } from "../support/relay.js";
import { testFolder, testRelay } from "../support/team.js";

const repository = join(import.meta.dirname, "..", "..");
const relayUrl = "http://127.0.0.1:7420";
const pageFolder = "/home/ada/darksync";
const folders: Readonly<Record<string, string>> = { ada: "demo/tour", bob: "demo/tour-bob" };

/** A folder that looks like the repository to who takes the tour, with `npx` running what was built here. */
function tourFolder(): string {
  const root = testFolder();
  symlinkSync(join(repository, "test"), join(root, "test"));
  mkdirSync(join(root, "bin"));
  const npx = join(root, "bin", "npx");
  writeFileSync(
    npx,
    `#!/bin/sh
case $1 in darklang-relay) app=relay ;; *) app=cli ;; esac
program="${repository}/apps/$app/bin/$1.js"
shift
exec "${process.execPath}" --import "${repository}/test/support/as-terminal.ts" "$program" "$@"
`,
  );
  chmodSync(npx, 0o755);
  return root;
}

/** Plays pages one after the other, as one person after the other types their commands. */
class Player {
  readonly #root: string;
  readonly #ids = new PageIds();
  #folder: string;
  #relay: RelayProcess | null = null;

  constructor(root: string) {
    this.#root = root;
    this.#folder = root;
  }

  async play(page: string): Promise<void> {
    for (const step of consoleSteps(readFileSync(join(repository, page), "utf8"))) {
      const printed = await this.#run(step);
      const difference = this.#ids.difference(step.output, printed.split("\n"));
      expect.soft(difference, `${page}, line ${step.line}: ${step.command}\n${printed}`).toBeNull();
    }
  }

  async #run({ person, command }: ConsoleStep): Promise<string> {
    const relay = /^npx darklang-relay .*--data (\S+)/.exec(command);
    if (relay !== null) {
      this.#relay = await testRelay(join(this.#root, relay[1] ?? ""));
      return this.#asOnPage(this.#relay.lines.join("\n"));
    }
    if (person !== "") this.#folder = join(this.#root, folders[person] ?? person);
    const typed = this.#ids.inCommand(command).replaceAll(relayUrl, this.#relay?.url ?? relayUrl);
    return this.#asOnPage(this.#type(typed));
  }

  /** Types a command in the folder of the last one. */
  #type(command: string): string {
    const [printed, place] = [join(this.#root, "printed"), join(this.#root, "place")];
    const script = `{ ${command}\n} >"${printed}" 2>&1 && pwd >"${place}"`;
    const { status } = spawnSync("sh", ["-c", script], {
      cwd: this.#folder,
      env: {
        ...process.env,
        PATH: `${join(this.#root, "bin")}:${process.env.PATH}`,
        DARKLANG_SPACE: undefined,
        DARKLANG_BRANCH: undefined,
      },
    });
    const text = readFileSync(printed, "utf8");
    expect(status, `${command}\n${text}`).toBe(0);
    this.#folder = readFileSync(place, "utf8").trim();
    return text;
  }

  #asOnPage(text: string): string {
    return text.replaceAll(this.#root, pageFolder).replaceAll(this.#relay?.url ?? relayUrl, relayUrl);
  }
}

test("the tour of the README, and what it leads to, print what the pages say", async () => {
  const player = new Player(tourFolder());
  await player.play("README.md");
  await player.play("docs/tour-conflicts.md");
});

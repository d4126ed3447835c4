import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { renderDefinition } from "@darksync/core/definition";
import { nameOf } from "@darksync/core/location";
import type { DefinitionToSave } from "@darksync/runtime/edit/save";
import { timeMs } from "./measure.ts";
import { eachEdit, edits } from "./payload.ts";
import { alsoStop, CountingProxy } from "./processes.ts";
import { copySpace } from "./spaces.ts";
import { newEdits, type SyncSide, type Traffic } from "./sync-side.ts";

const runFile = promisify(execFile);
const settings = ["user.name=Bench", "user.email=bench@example.com", "gc.auto=0", "maintenance.auto=false"];
/** git without the settings of whoever runs the bench. */
export const gitEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
};

/** Runs git in a folder; what it printed. */
export async function git(folder: string, ...args: readonly string[]): Promise<string> {
  const flags = settings.flatMap((setting) => ["-c", setting]);
  const { stdout } = await runFile("git", ["-C", folder, ...flags, ...args], {
    env: gitEnvironment,
    maxBuffer: 1 << 28,
  });
  return stdout;
}

/** `git daemon` over a folder of repositories. */
export interface GitDaemon {
  readonly process: ChildProcess;
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves all repositories below a folder, to be fetched from and pushed to. */
export async function startGitDaemon(folder: string): Promise<GitDaemon> {
  const port = await freePort();
  const child = spawn(
    "git",
    [
      "daemon",
      "--reuseaddr",
      "--export-all",
      "--enable=receive-pack",
      `--base-path=${folder}`,
      "--listen=127.0.0.1",
      `--port=${port}`,
    ],
    // A group of its own: git-daemon is a child of git, and serves by children of that.
    { stdio: "ignore", env: gitEnvironment, detached: true },
  );
  const killGroup = () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  };
  const forget = alsoStop(killGroup);
  const exited = once(child, "exit").finally(forget);
  while (!(await isOpen(port))) await pause(10);
  return {
    process: child,
    port,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) killGroup();
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Writes edits as commits, one file for each definition, through `git fast-import`. */
export async function importCommits(
  repository: string,
  definitions: Iterable<DefinitionToSave>,
): Promise<void> {
  const hasHistory = await git(repository, "rev-parse", "-q", "--verify", "main").then(
    () => true,
    () => false,
  );
  const child = spawn("git", ["-C", repository, "fast-import", "--quiet", "--force"], {
    stdio: ["pipe", "ignore", "inherit"],
    env: gitEnvironment,
  });
  const exited = once(child, "exit");
  let isOnTop = hasHistory;
  for (const definition of definitions) {
    const isFlowing = child.stdin.write(commitOf(definition, isOnTop));
    isOnTop = false;
    if (!isFlowing) await once(child.stdin, "drain");
  }
  child.stdin.end();
  const [code] = await exited;
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}

function commitOf({ location, text }: DefinitionToSave, isOnTop: boolean): string {
  const content = `${renderDefinition(text, nameOf(location))}\n`;
  const path = `${location.replaceAll(".", "/")}.dark`;
  return `commit refs/heads/main
committer Bench <bench@example.com> 1750000000 +0000
data 4
edit
${isOnTop ? "from refs/heads/main^0\n" : ""}M 100644 inline ${path}
data ${Buffer.byteLength(content)}
${content}
`;
}

/** git with one commit for each edit, over `git daemon`. A clone ends with its files checked out. */
export class GitSyncs implements SyncSide {
  readonly name = "git";
  readonly ops: number;
  readonly #dir: string;

  private constructor(dir: string, ops: number) {
    this.#dir = dir;
    this.ops = ops;
  }

  static async make(dir: string, ops: number): Promise<GitSyncs> {
    mkdirSync(dir, { recursive: true });
    await git(dir, "init", "-q", "--bare", "-b", "main", "server.git");
    await importCommits(join(dir, "server.git"), eachEdit(9, ops, Math.ceil(ops / 5)));
    const made = new GitSyncs(dir, ops);
    await made.#served(dir, (url) => git(dir, "clone", "-q", url, "bob"));
    return made;
  }

  clone(dir: string): Promise<number> {
    return this.#served(this.#dir, async (url) => {
      mkdirSync(dir, { recursive: true });
      return timeMs(() => git(dir, "clone", "-q", url, "clone"));
    });
  }

  cloneTraffic(dir: string): Promise<Traffic> {
    return this.#counted(this.#dir, async (url) => {
      mkdirSync(dir, { recursive: true });
      await git(dir, "clone", "-q", url, "clone");
    });
  }

  async catchUp(dir: string): Promise<{ readonly ms: number; readonly traffic: Traffic }> {
    mkdirSync(dir, { recursive: true });
    for (const part of ["server.git", "bob"]) copySpace(join(this.#dir, part), join(dir, part));
    const places = Math.ceil(this.ops / 5);
    for (const [half, repository] of [join(dir, "server.git"), join(dir, "bob")].entries()) {
      const definitions = edits(21 + half, 4 * newEdits, places)
        .filter(({ location }) => Number(/\d+$/.exec(location)?.[0]) % 2 === half)
        .slice(-newEdits);
      await importCommits(repository, definitions);
    }
    await git(join(dir, "bob"), "reset", "-q", "--hard", "main");
    const counted = join(dir, "counted");
    mkdirSync(counted);
    for (const part of ["server.git", "bob"]) copySpace(join(dir, part), join(counted, part));
    const ms = await this.#served(dir, (url) => timeMs(() => pullAndPush(join(dir, "bob"), url)));
    const traffic = await this.#counted(counted, (url) => pullAndPush(join(counted, "bob"), url));
    return { ms, traffic };
  }

  async idleSync(): Promise<{ readonly ms: number; readonly traffic: Traffic }> {
    const bob = join(this.#dir, "bob");
    const ms = await this.#served(this.#dir, (url) => timeMs(() => pullAndPush(bob, url)));
    return { ms, traffic: await this.#counted(this.#dir, (url) => pullAndPush(bob, url)) };
  }

  lookUp(): Promise<number> {
    return timeMs(() => git(join(this.#dir, "bob"), "show", "HEAD:Acme/Part5/function5.dark"));
  }

  async #served<Value>(folder: string, work: (url: string) => Promise<Value>): Promise<Value> {
    const daemon = await startGitDaemon(folder);
    try {
      return await work(`git://127.0.0.1:${daemon.port}/server.git`);
    } finally {
      await daemon.stop();
    }
  }

  async #counted(folder: string, work: (url: string) => Promise<unknown>): Promise<Traffic> {
    const daemon = await startGitDaemon(folder);
    const proxy = await CountingProxy.start(daemon.port, "no heads");
    await work(`git://127.0.0.1:${proxy.port}/server.git`);
    const { up, down, turns } = proxy;
    proxy.stop();
    await daemon.stop();
    return { up, down, turns };
  }
}

/** What `darklang sync` is: theirs in, ours out. */
async function pullAndPush(folder: string, url: string): Promise<void> {
  await git(folder, "pull", "-q", "--no-rebase", "--no-edit", url, "main");
  await git(folder, "push", "-q", url, "main");
}

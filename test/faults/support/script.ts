import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "@darksync/core/bytes";
import { encodeChange } from "@darksync/core/change";
import { sha256 } from "@darksync/node/crypto";
import { readDeviceKey } from "@darksync/node/device-key";
import { encodeChangeBundle } from "@darksync/runtime/replica/change-bundle";
import { readFacts } from "@darksync/runtime/replica/replica";
import { command, type Ran } from "./in-process.js";
import { readSpace } from "./space-reads.js";

/** Where a session plays, and the relay it plays with. */
export interface Stage {
  /** What is watched: the spaces `ada` and `bob` and the folder `relay`. */
  readonly root: string;
  /** Beside it: files that commands are given, and copies. */
  readonly aside: string;
  readonly url: string;
}

/** One thing that somebody does. */
export interface Step {
  readonly name: string;
  /** No command: what a person does with the files. */
  readonly isByHand?: true;
  run(stage: Stage): Promise<void>;
}

/** A command that came to another end than it should. */
export class FailedCommand extends Error {
  readonly problem: { readonly code: string; readonly message: string; readonly hint: string };
  /** The files that an export could not write, with reasons. */
  readonly failed: readonly unknown[];

  constructor(args: readonly string[], { code, stdout, stderr, json }: Ran) {
    super(`${args.join(" ")}: exit ${code} ${stdout}${stderr}`);
    const none = { code: "none", message: "", hint: "" };
    this.failed = Array.isArray(json.failed) ? json.failed : [];
    this.problem = (json.error as FailedCommand["problem"] | undefined) ?? none;
  }
}

/** Runs a command that must come to its end with this code. */
async function must(code: number, ...args: readonly string[]): Promise<Ran> {
  const ran = await command("--json", ...args);
  if (ran.code !== code) throw new FailedCommand(args, ran);
  return ran;
}

/** A step of one command in a space, with no traffic. */
function local(member: string, name: string, args: (stage: Stage) => readonly string[]): Step {
  return {
    name: `${member}: ${name}`,
    run: async (stage) => {
      await must(0, "--offline", "--space", join(stage.root, member), ...args(stage));
    },
  };
}

const does = (member: string, ...args: readonly string[]): Step => local(member, args.join(" "), () => args);

function saves(member: string, location: string, source: string, ...options: readonly string[]): Step {
  return {
    name: `${member}: save ${location}`,
    run: async ({ root, aside }) => {
      const file = join(aside, "input.dark");
      writeFileSync(file, source);
      await must(0, "--offline", "--space", join(root, member), ...options, "save", location, "--file", file);
    },
  };
}

const value = (member: string, name: string, number: number): Step =>
  saves(member, `Acme.${name}`, `let ${name.split(".").at(-1)} = ${number}L\n`);

/** A sync, which must come to this code. */
function syncs(member: string, code = 0, ...options: readonly string[]): Step {
  return {
    name: `${member}: ${["sync", ...options].join(" ")}`,
    run: async ({ root }) => {
      await must(code, "--space", join(root, member), "sync", ...options);
    },
  };
}

/** `bundle apply` of a change that no relay takes, and of nothing else. */
const appliesWhatNobodyTakes: Step = {
  name: "ada: bundle apply of what no relay takes",
  isByHand: true,
  run: async ({ root, aside }) => {
    const folder = join(root, "ada");
    const signer = readDeviceKey(join(folder, ".darklang", "device.key"));
    if (!signer.ok) throw new Error(signer.problem.message);
    const bytes = encodeChange({
      rules: 1,
      nonce: "0102030405060708".slice(0, 12),
      time: { wallMs: 1, counter: 0 },
      ops: [
        {
          type: "SetName",
          location: "Other.x",
          kind: "value",
          target: "ab".repeat(32),
          supersedes: [],
          movedFrom: null,
        },
      ],
    });
    const file = join(aside, "refused.changes");
    const device = toHex(signer.value.publicKey);
    const space = readSpace(folder, readFacts)?.space ?? "";
    const changes = [{ log: "main/Acme", bytes }];
    writeFileSync(file, encodeChangeBundle(sha256, { space, device, changes }));
    await must(0, "--offline", "--space", folder, "bundle", "apply", file);
  },
};

const keepsACopy: Step = {
  name: "ada: her folder is copied",
  isByHand: true,
  run: async ({ root, aside }) => {
    cpSync(join(root, "ada"), join(aside, "older"), { recursive: true });
  },
};

/** As from a backup: blocks that were signed since are with the relay and not here. */
const putsTheCopyBack: Step = {
  name: "ada: the older copy is put back",
  isByHand: true,
  run: async ({ root, aside }) => {
    rmSync(join(root, "ada"), { recursive: true });
    cpSync(join(aside, "older"), join(root, "ada"), { recursive: true });
  },
};

const dropsWhatWaits: Step = {
  name: "ada: queue drop",
  run: async ({ root }) => {
    const folder = join(root, "ada");
    const { json } = await must(0, "--space", folder, "queue");
    const items = json.queue as readonly { readonly id: string }[];
    await must(0, "--space", folder, "--offline", "queue", "drop", items.at(-1)?.id ?? "none");
  },
};

const filesToImport: Readonly<Record<string, string>> = {
  "Acme/Money.dark": [
    "module Acme.Money",
    "",
    "// What things cost.",
    "let tax = 19L",
    "let round (x: Int) : Int = x",
    "type Price = { amount: Int }",
    "",
  ].join("\n"),
  "Acme/Text.dark": [
    "module Acme.Text",
    "",
    ...Array.from({ length: 40 }, (_, index) => `let word${index} = "${"word ".repeat(20)}${index}"`),
    "",
  ].join("\n"),
};

function writeInputs(aside: string): string {
  const folder = join(aside, "tree");
  for (const [path, text] of Object.entries(filesToImport)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** A day of two people: everything that writes to a space or to the relay happens in it. */
export const script: readonly Step[] = [
  {
    name: "ada: init",
    run: async ({ root }) => {
      await must(0, "init", join(root, "ada"), "--as", "Ada", "--owner", "Acme");
    },
  },
  does("ada", "sync", "--strategy", "lazy"),
  value("ada", "a", 1),
  value("ada", "b", 1),
  saves("ada", "Acme.c", "let c (x: Int) : Int = x\n"),
  value("ada", "a", 2),
  does("ada", "mv", "Acme.b", "Acme.b2"),
  does("ada", "rm", "Acme.b2"),
  does("ada", "undo"),
  does("ada", "deprecate", "Acme.c", "--message", "old"),
  local("ada", "import", ({ aside }) => ["import", writeInputs(aside)]),
  {
    name: "ada: sync --relay",
    run: async ({ root, url }) => {
      await must(0, "--space", join(root, "ada"), "sync", "--relay", url);
    },
  },
  {
    name: "bob: join",
    run: async ({ root, url }) => {
      await must(0, "join", url, join(root, "bob"), "--as", "Bob");
    },
  },
  does("bob", "sync", "--strategy", "lazy"),
  // Edits that meet, one foreseen.
  value("ada", "a", 3),
  value("bob", "a", 4),
  value("bob", "d", 1),
  does("ada", "mv", "Acme.c", "Acme.e"),
  saves("bob", "Acme.c", "let c (x: Int) : Int = x + 1L\n"),
  does("bob", "rm", "Acme.b2"),
  value("ada", "b2", 5),
  value("ada", "f", 1),
  does("ada", "conflicts", "plan", "Acme.f", "--rule", "mine"),
  value("bob", "f", 2),
  syncs("bob"),
  syncs("ada"),
  does("ada", "conflicts", "resolve", "--all", "--rule", "mine"),
  syncs("ada"),
  syncs("bob"),
  // A branch and its merge.
  does("bob", "branch", "create", "fix", "--switch"),
  value("bob", "a", 6),
  value("bob", "g", 1),
  does("bob", "branch", "share", "fix", "Ada"),
  syncs("bob"),
  does("bob", "merge"),
  does("bob", "branch", "switch", "main"),
  syncs("bob"),
  syncs("ada"),
  // What is given up before it is sent, and brought back.
  value("ada", "h", 1),
  dropsWhatWaits,
  value("ada", "i", 1),
  does("ada", "sync", "--clear-queue"),
  // Back to before, with blocks at the relay that this copy does not know.
  keepsACopy,
  value("ada", "k", 1),
  syncs("ada"),
  putsTheCopyBack,
  value("ada", "l", 1),
  syncs("ada"),
  // A change that no relay takes: it is parked, the others go in a new epoch.
  appliesWhatNobodyTakes,
  value("ada", "m", 1),
  syncs("ada", 1),
  dropsWhatWaits,
  syncs("bob"),
  syncs("bob", 0, "--full"),
  does("ada", "offline", "on"),
  value("ada", "n", 1),
  does("ada", "offline", "off"),
  local("ada", "export", ({ root }) => ["export", join(root, "export")]),
  value("ada", "a", 7),
  local("ada", "export", ({ root }) => ["export", join(root, "export")]),
  syncs("ada"),
  syncs("bob"),
  does("bob", "cache", "--evict"),
  value("bob", "a", 8),
  syncs("bob"),
];

/** Ada ends with work that is synced, work that waits, on main and on a branch, and conflicts; with a save at last. */
export const conflictedScript: readonly Step[] = [
  ...script.slice(0, script.findIndex(({ name }) => name === "bob: sync --strategy lazy") + 1),
  value("ada", "a", 3),
  value("bob", "a", 4),
  value("ada", "d", 1),
  value("bob", "d", 2),
  does("bob", "rm", "Acme.b2"),
  value("ada", "b2", 5),
  syncs("bob"),
  syncs("ada"),
  syncs("bob"),
  value("ada", "g", 1),
  does("ada", "rm", "Acme.Money.tax"),
  does("ada", "branch", "create", "fix", "--switch"),
  value("ada", "h", 1),
  does("ada", "branch", "switch", "main"),
  value("ada", "k", 1),
];

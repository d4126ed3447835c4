// `npm run demo`: a relay and two teammates' spaces on this machine, from nothing to a conflict that is listed.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { stopRelay } from "./stop.ts";

const root = join(import.meta.dirname, "..", "..");
const demo = join(root, "demo");
const darklangBin = join(root, "apps/cli/bin/darklang.js");
const relayBin = join(root, "apps/relay/bin/darklang-relay.js");
const sampleTree = join(root, "test/fixtures/sample-tree");
const relayStartMs = 10_000;

// Both mend how a discount is rounded, each in another way.
const contested = "Stripe.Money.percentOff";
const before = "(money.minor * (100 - percent)) 100";
const adaAfter = "(money.minor * (100 - percent) + 50) 100";
const bobAfter = "(money.minor * (100 - Stdlib.Int.min percent 100)) 100";

/** Runs one command as a person would, and shows it. */
function darklang(folder: string, args: readonly string[], input?: string): void {
  console.log(
    `\n${relative(root, folder) || "."} $ darklang ${args.map((argument) => quoted(folder, argument)).join(" ")}${input === undefined ? "" : " < new-text"}`,
  );
  const child = spawnSync(process.execPath, [darklangBin, ...args], {
    cwd: folder,
    encoding: "utf8",
    input: input ?? "",
  });
  process.stdout.write(indented(child.stdout));
  process.stderr.write(indented(child.stderr));
  if (child.status !== 0) throw new Error(`darklang ${args[0]} ended with ${child.status}`);
}

function quoted(folder: string, argument: string): string {
  const short = argument.startsWith(root) ? relative(folder, argument) : argument;
  return /^[\w./:=-]+$/.test(short) ? short : `'${short}'`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

function say(text: string): void {
  console.log(`\n== ${text}`);
}

/** Starts the relay in the background; returns its URL. */
async function startRelay(): Promise<string> {
  for (const port of ["7420", "0"]) {
    const logPath = join(demo, "relay.log");
    const log = openSync(logPath, "w");
    const args = [relayBin, "--open", "--port", port, "--data", join(demo, "relay")];
    const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", log, log] });
    const url = await listeningUrl(logPath, once(child, "exit"));
    if (url === null) continue;
    writeFileSync(join(demo, "relay.pid"), String(child.pid));
    child.unref();
    return url;
  }
  throw new Error(`the relay does not start; see ${relative(root, join(demo, "relay.log"))}`);
}

/** The relay says where it listens in its first line; null if it ends before. */
async function listeningUrl(logPath: string, exited: Promise<unknown>): Promise<string | null> {
  let isOver = false;
  void exited.then(() => {
    isOver = true;
  });
  for (const deadline = Date.now() + relayStartMs; Date.now() < deadline && !isOver; await wait(20)) {
    const [line = "", ...rest] = readFileSync(logPath, "utf8").split("\n");
    if (rest.length > 0 && line.includes('"listening"')) return (JSON.parse(line) as { url: string }).url;
  }
  return null;
}

/** The contested definition as it is here, with the one line changed. */
function edited(folder: string, after: string): string {
  const args = [darklangBin, "view", contested, "--json", "--offline"];
  const child = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  const { definition } = JSON.parse(child.stdout) as { definition: { source: string } };
  return definition.source.replace(before, after);
}

async function main(): Promise<void> {
  if (existsSync(demo)) await stopRelay(demo);
  // What else is there, like the tour of the README, is somebody's work.
  for (const made of ["ada", "bob", "relay", "relay.log"])
    rmSync(join(demo, made), { recursive: true, force: true });
  mkdirSync(demo, { recursive: true });
  const [ada, bob] = [join(demo, "ada"), join(demo, "bob")];

  say("Ada makes a space and imports a package tree. There is no network yet.");
  darklang(demo, ["init", "ada", "--as", "Ada", "--owner", "Acme"]);
  darklang(ada, ["import", sampleTree]);

  say("A relay starts on this machine; Ada links her space, Bob joins.");
  const url = await startRelay();
  console.log(`\n  The relay listens on ${url}.`);
  darklang(ada, ["sync", "--relay", url]);
  darklang(demo, ["join", url, "bob", "--as", "Bob"]);

  say("Saves sync by themselves in the background (eager).\n   Here we sync by hand, to see each step.");
  for (const folder of [ada, bob]) darklang(folder, ["sync", "--strategy", "lazy"]);

  say(`Both go offline and work: at different places, and both at\n   ${contested}.`);
  for (const folder of [ada, bob]) darklang(folder, ["offline", "on"]);
  darklang(ada, ["save", contested], edited(ada, adaAfter));
  darklang(bob, ["save", contested], edited(bob, bobAfter));
  darklang(
    bob,
    ["save", "Acme.Greeting.hello"],
    'let hello (name: String) : String =\n  $"Hello, {name}!"\n',
  );
  darklang(bob, ["status"]);

  say("They go online again. Each syncs; nobody waits, nothing is lost.");
  for (const folder of [ada, bob]) darklang(folder, ["offline", "off"]);
  for (const folder of [ada, bob, ada]) darklang(folder, ["sync"]);
  darklang(ada, ["view", "Acme.Greeting.hello"]);

  say("What both changed is a conflict. It stops nobody, and is listed for both.");
  darklang(ada, ["conflicts"]);

  console.log(`
== The relay is still running on ${url}. Try it yourself:

  cd demo/ada
  npx darklang conflicts               what needs a decision; to settle one:
  npx darklang conflicts resolve ID --mine
  npx darklang ls Acme                 what there is
  npx darklang view Stripe.Money.percentOff
  npx darklang sync                    then the same in demo/bob

To stop the relay:  npm run demo:stop`);
}

await main();

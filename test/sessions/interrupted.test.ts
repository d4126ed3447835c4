import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openSpaceIn, saveInBatches } from "../bench/spaces.js";
import { run } from "../support/cli.js";
import { startRelay } from "../support/relay.js";
import { SegmentFront } from "../support/segment-front.js";
import { eventually, Teammate, testFolder, testRelay } from "../support/team.js";

const program = fileURLToPath(new URL("../../apps/cli/bin/darklang.js", import.meta.url));
const asTerminal = fileURLToPath(new URL("../support/as-stderr-terminal.ts", import.meta.url));

interface Interrupted {
  readonly child: ChildProcess;
  /** What it printed on stderr so far. */
  said(): string;
  /** Its exit code; null if a signal ended it. */
  ended(): Promise<number | null>;
}

/** Starts a command that will not come to its end by itself. */
function start(args: readonly string[], nodeOptions: readonly string[] = []): Interrupted {
  const child = spawn(process.execPath, [...nodeOptions, program, ...args], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let said = "";
  child.stderr?.on("data", (part: Buffer) => {
    said += part.toString();
  });
  const closed = once(child, "close");
  return { child, said: () => said, ended: async () => (await closed)[0] as number | null };
}

/** Something that takes connections and never answers; `reached` is fulfilled with the first one. */
async function silentRelay(): Promise<{ readonly url: string; readonly reached: Promise<unknown> }> {
  const server = createServer();
  const reached = once(server, "connection");
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, reached };
}

test("a join that is interrupted before anything came leaves nothing, and says so", async () => {
  const folder = join(testFolder(), "bob");
  const { url, reached } = await silentRelay();
  const joining = start(["join", url, folder, "--as", "Bob"]);
  await reached;
  joining.child.kill("SIGINT");
  expect(await joining.ended()).toBe(130);
  expect(joining.said()).toContain("nothing was made");
  expect(existsSync(folder)).toBe(false);
});

test("a join that is interrupted in the middle keeps what came, and each command says that it is not whole", async () => {
  const parent = testFolder();
  const ada = new Teammate("Ada", parent);
  await ada.init("Acme");
  const replica = await openSpaceIn(ada.folder, "normal");
  const values = Array.from({ length: 4400 }, (_, index) => ({
    location: `Acme.value${index}`,
    text: { kind: "value", head: "let ", tail: ` = ${index}L` } as const,
  }));
  await saveInBatches(replica, values, values.length);
  replica.store.close();
  const relay = await testRelay(join(parent, "relay"));
  await ada.do("sync", "--relay", relay.url);
  await eventually(
    () => relay.metric("darksync_segments_sealed_total"),
    (count) => count >= 1,
  );
  const front = await SegmentFront.before(relay);
  const bob = new Teammate("Bob", parent);
  const joining = start(["join", front.url, bob.folder, "--as", "Bob"]);
  front.spoil = () => ({ cutAfter: 5000, onSent: () => joining.child.kill("SIGINT") });
  expect(await joining.ended()).toBe(130);
  expect(joining.said()).toContain(`goes on with: darklang sync --space ${bob.folder}`);
  front.spoil = () => ({});
  expect((await bob.try("status")).stdout).toContain("The first sync has not come to its end");
  expect((await bob.try("ls", "Acme.value4399")).stderr).toContain("`darklang sync` goes on");
  const again = await run(["join", front.url, bob.folder, "--as", "Bob"]);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("`darklang sync --space ") });
  await bob.sync();
  expect((await bob.do("ls")).items).toHaveLength(values.length);
  expect((await bob.try("status")).stdout).toContain("Nothing waits for the relay.");
});

test("a sync that is interrupted is not one that was done, whether a signal or a key ends it", async () => {
  const ada = new Teammate("Ada", testFolder());
  await ada.init("Acme");
  const { url, reached } = await silentRelay();
  const args = ["--space", ada.folder, "sync", "--relay", url];
  const killed = start(args);
  await reached;
  killed.child.kill("SIGINT");
  expect(await killed.ended()).toBe(130);
  expect(killed.said()).toContain("`darklang sync` goes on");
  const typed = start(args, ["--import", asTerminal]);
  await eventually(typed.said, (said) => said.includes("Syncing: 0 of 1 pushed"));
  typed.child.stdin?.write("\x03");
  expect(await typed.ended()).toBe(130);
  expect(typed.said()).toMatch(/Stopped\. What went and what came is kept; `darklang sync` goes on\.\n$/);
});

test("a relay and a sync that stays end well, however often they are told to", async () => {
  const parent = testFolder();
  const relay = await startRelay(join(parent, "relay"));
  const ada = new Teammate("Ada", parent);
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  const watching = start(["--space", ada.folder, "sync", "--watch"]);
  await eventually(
    () => relay.metric("darksync_connections"),
    (count) => count === 1,
  );
  const twice = async (pid: number | undefined) => {
    for (const _ of ["the terminal's", "the launcher's"]) {
      process.kill(pid ?? 0, "SIGINT");
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await twice(watching.child.pid);
  expect(await watching.ended()).toBe(0);
  await twice(relay.pid);
  expect(await relay.stop()).toBe(0);
});

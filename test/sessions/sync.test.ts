import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { eventually, Teammate, testFolder, testRelay } from "../support/team.js";

const program = fileURLToPath(new URL("../../apps/cli/bin/darklang.js", import.meta.url));

function writeSource(folder: string, source: string): string {
  const path = join(folder, "source.dark");
  writeFileSync(path, source);
  return path;
}

async function pair(): Promise<{
  folder: string;
  ada: Teammate;
  bob: Teammate;
  relay: Awaited<ReturnType<typeof testRelay>>;
}> {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const ada = new Teammate("Ada", folder);
  const bob = new Teammate("Bob", folder);
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  await bob.join(relay.url);
  await ada.sync();
  for (const mate of [ada, bob]) await mate.do("sync", "--strategy", "lazy");
  return { folder, ada, bob, relay };
}

test("two work offline and sync: equal views, exactly the conflict that concurrency made; a third joins to the same (O8, S5)", async () => {
  const { folder, ada, bob, relay } = await pair();
  await ada.saveValue("Acme.Money.rate", 1);
  await ada.saveValue("Acme.Money.limit", 1);
  expect(await ada.fields()).toMatchObject({ state: "offline", pending: 2, conflicts: 0 });
  expect(await ada.sync()).toMatchObject({ pushed: 2, pulled: 0, conflicts: 0, failed: 0 });
  await bob.sync();
  await ada.saveValue("Acme.Money.rate", 2);
  await ada.saveValue("Acme.Money.onlyAda", 1);
  await bob.saveValue("Acme.Money.rate", 3);
  await bob.saveValue("Acme.Money.limit", 3);
  expect(await ada.sync()).toMatchObject({ pushed: 2, conflicts: 0 });
  expect(await bob.sync()).toMatchObject({ pushed: 2, pulled: 2, conflicts: 1 });
  expect(await ada.sync()).toMatchObject({ pushed: 0, pulled: 2, conflicts: 1 });
  const view = await ada.view();
  expect(view).toEqual(await bob.view());
  expect(Object.keys(view)).toEqual(["Acme.Money.limit", "Acme.Money.onlyAda", "Acme.Money.rate"]);
  expect(view["Acme.Money.rate"]).toMatchObject({ mark: "conflict" });
  expect(view["Acme.Money.limit"]).toMatchObject({ mark: "synced", source: expect.stringContaining("3L") });
  for (const mate of [ada, bob]) {
    expect(await mate.fields()).toMatchObject({ state: "synced", pending: 0, conflicts: 1, failed: 0 });
  }
  const cleo = new Teammate("Cleo", folder);
  await cleo.join(relay.url);
  expect(await cleo.view()).toEqual(view);
  expect((await cleo.fields()).lastSyncedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test("a relay that is down: exit 1 and pending kept; back up, the next sync finishes it (S2)", async () => {
  const { folder, ada, bob, relay } = await pair();
  expect(await relay.stop()).toBe(0);
  await ada.saveValue("Acme.a", 1);
  const failed = await ada.try("--json", "sync");
  expect(failed.code).toBe(1);
  expect(failed.json.error).toMatchObject({
    code: "relay-unreachable",
    hint: expect.stringContaining("safe"),
  });
  expect(failed.stderr).not.toMatch(/\n\s+at /);
  expect(await ada.fields()).toMatchObject({ state: "offline", pending: 1 });
  const status = await ada.do("sync", "--status");
  expect(status).toMatchObject({
    state: "offline",
    queue: [{ type: "push_ops", status: "pending", retryCount: 1 }],
  });
  expect((status.queue as Record<string, unknown>[])[0]?.nextTryAt).toMatch(/Z$/);
  await testRelay(`${folder}/relay`, relay.port);
  expect(await ada.sync()).toMatchObject({ pushed: 1 });
  expect(await ada.do("sync", "--status")).toMatchObject({ state: "synced", queue: [] });
  expect(await bob.sync()).toMatchObject({ pulled: 1 });
});

test("eager: a save is on the relay soon, by a worker in the background (S6)", async () => {
  const { ada, bob } = await pair();
  await ada.do("sync", "--strategy", "eager");
  await ada.do("save", "Acme.a", "--file", writeSource(ada.folder, "let a = 1L\n"));
  await eventually(
    () => ada.fields(),
    ({ state, pending }) => state === "synced" && pending === 0,
  );
  expect(await bob.sync()).toMatchObject({ pulled: 1 });
});

test("working offline: no sync until it is switched off, and what was saved goes then (S6)", async () => {
  const { ada } = await pair();
  await ada.do("sync", "--strategy", "eager");
  expect(await ada.do("offline", "on")).toMatchObject({
    workOffline: true,
    sync: { state: "offline", workOffline: true },
  });
  await ada.do("save", "Acme.a", "--file", writeSource(ada.folder, "let a = 1L\n"));
  const refused = await ada.try("--json", "sync");
  expect(refused.code).toBe(1);
  expect(refused.json.error).toMatchObject({
    code: "work-offline",
    hint: expect.stringContaining("offline off"),
  });
  expect(await ada.fields()).toMatchObject({ state: "offline", pending: 1 });
  await ada.do("offline", "off");
  await eventually(
    () => ada.fields(),
    ({ pending }) => pending === 0,
  );
  expect((await ada.try("--offline", "sync")).code).toBe(1);
});

test("--watch syncs what other processes save and shows what comes; SIGINT ends it with exit 0 (S6)", async () => {
  const { ada, bob } = await pair();
  const child = spawn(process.execPath, [program, "--space", ada.folder, "sync", "--watch"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const said = (word: string) =>
    eventually(
      () => lines,
      (all) => all.some((line) => line.includes(word)),
    );
  await said("in touch");
  expect(await ada.fields()).toMatchObject({ state: "synced" });
  await ada.saveValue("Acme.a", 1);
  await said("1 pushed");
  await bob.sync();
  await bob.saveValue("Acme.b", 1);
  await bob.sync();
  await said("1 pulled");
  await ada.saveValue("Acme.c", 1);
  expect(await ada.sync()).toMatchObject({ failed: 0, sync: { state: "synced", pending: 0 } });
  child.kill("SIGINT");
  expect((await once(child, "exit"))[0]).toBe(0);
  expect(await ada.fields()).toMatchObject({ state: "synced", pending: 0 });
  expect(await ada.sync()).toMatchObject({ pushed: 0, pulled: 0 });
});

test("--full downloads everything again and leaves unsigned work alone (S7)", async () => {
  const { ada, bob } = await pair();
  await ada.saveValue("Acme.a", 1);
  await ada.sync();
  await bob.sync();
  const id = await bob.saveValue("Acme.b", 1);
  expect(await bob.do("sync", "--full")).toMatchObject({ pushed: 1, damaged: 0, sync: { pending: 0 } });
  const { changes } = await bob.do("log");
  expect((changes as { id: string }[]).map((change) => change.id)).toContain(id);
  expect(await ada.sync()).toMatchObject({ pulled: 1 });
  expect(await bob.view()).toEqual(await ada.view());
});

test("sync with no relay, flags that do not go together, and what is not there yet are told with a hint", async () => {
  const ada = new Teammate("Ada", testFolder());
  await ada.init("Acme");
  const cases: readonly [readonly string[], number, string][] = [
    [["sync"], 1, "no-relay"],
    [["sync", "--watch", "--full"], 2, "usage"],
    [["sync", "--strategy", "sometimes"], 2, "usage"],
    [["sync", "--invite", "x"], 2, "usage"],
    [["sync", "--relay", "nowhere"], 2, "bad-url"],
    [["queue", "pull", "request/1"], 2, "usage"],
    [["queue", "show", "abc"], 1, "unknown-item"],
    [["bundle", "create", "x"], 2, "usage"],
    [["conflicts", "resolve", "--all"], 2, "usage"],
    [["conflicts", "plan", "Acme.a"], 2, "usage"],
    [["offline", "maybe"], 2, "usage"],
  ];
  for (const [args, code, error] of cases) {
    const result = await ada.try("--json", ...args);
    expect(result.code, args.join(" ")).toBe(code);
    expect(result.json.error, args.join(" ")).toMatchObject({
      code: error,
      hint: expect.stringMatching(/./),
    });
  }
});

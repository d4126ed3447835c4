import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { run } from "../support/cli.js";
import { type SyncFields, Teammate, testFolder, testRelay } from "../support/team.js";

interface Repaired {
  readonly ok: boolean;
  readonly problems: readonly { readonly code: string }[];
  readonly repaired: readonly string[];
  readonly missing: readonly string[];
  readonly kept: string | null;
  readonly sync: SyncFields;
}

/** What a space shows: the files it exports, by path. */
async function filesOf(mate: Teammate): Promise<Readonly<Record<string, string>>> {
  const folder = join(testFolder(), "export");
  await mate.do("export", folder);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

/** A file of a teammate's space. */
function fileOf({ folder }: Teammate, name: string): string {
  return join(folder, ".darklang", name);
}

/** Makes a teammate's database unreadable, one way or another. */
const damages: readonly { readonly name: string; readonly damage: (mate: Teammate) => void }[] = [
  {
    name: "removed",
    damage: (mate) => {
      for (const part of ["", "-wal", "-shm"]) rmSync(fileOf(mate, `space.db${part}`), { force: true });
    },
  },
  { name: "emptied", damage: (mate) => truncateSync(fileOf(mate, "space.db"), 0) },
  { name: "written over", damage: (mate) => writeFileSync(fileOf(mate, "space.db"), "garbage ".repeat(999)) },
  {
    name: "cut in half",
    damage: (mate) => {
      const path = fileOf(mate, "space.db");
      truncateSync(path, Math.floor(readFileSync(path).length / 2));
    },
  },
  {
    name: "overwritten in its middle",
    damage: (mate) => {
      const path = fileOf(mate, "space.db");
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0x5a, 12 * 4096, bytes.length - 4096));
    },
  },
];

/** Ada and Bob on a relay, in step; then each has saved something that only they have. */
async function setUp() {
  const parent = testFolder();
  const relay = await testRelay(join(parent, "relay"));
  const [ada, bob] = [new Teammate("Ada", parent), new Teammate("Bob", parent)];
  await ada.init("Acme");
  await ada.do("import", "test/fixtures/sample-tree");
  await ada.do("sync", "--strategy", "lazy");
  await ada.do("sync", "--relay", relay.url);
  await bob.join(relay.url);
  await bob.do("sync", "--strategy", "lazy");
  await bob.saveValue("Acme.bob", 1);
  await bob.sync();
  await ada.sync();
  await ada.do("branch", "create", "mine", "--switch");
  await ada.saveValue("Acme.onBranch", 1);
  await ada.do("branch", "switch", "main");
  await ada.saveValue("Acme.unsent", 1);
  return { relay, ada, bob };
}

async function repair(mate: Teammate, ...options: readonly string[]): Promise<Repaired> {
  return (await mate.do("doctor", "--repair", ...options)) as unknown as Repaired;
}

for (const { name, damage } of damages) {
  test(`S8: a database that was ${name} is told of with the way out, and made anew; nothing is lost`, async () => {
    const { ada, bob } = await setUp();
    const before = await filesOf(ada);
    damage(ada);

    const looked = await ada.try("ls");
    expect([looked.code, looked.stdout]).toEqual([1, ""]);
    const [what, hint, ...rest] = looked.stderr.trimEnd().split("\n");
    expect(what).toMatch(/^error: (the database .* is damaged|there is no database)/);
    expect(hint).toContain("`darklang doctor --repair`");
    expect(rest).toEqual([]);
    const checked = await ada.try("--json", "doctor");
    expect([checked.code, checked.json.ok]).toEqual([1, false]);

    const repaired = await repair(ada);
    expect(repaired).toMatchObject({ ok: true, problems: [], missing: [] });
    expect(repaired.repaired[0]).toContain("made anew");
    if (name === "removed") expect(repaired.kept).toBeNull();
    else expect(existsSync(repaired.kept ?? "")).toBe(true);
    expect(await filesOf(ada)).toEqual(before);
    await ada.sync();
    await bob.sync();
    expect(await filesOf(bob)).toEqual(before);
    expect((await ada.fields()).pending).toBe(0);
    expect(await repair(ada)).toMatchObject({ ok: true, repaired: [], kept: null });
    expect(readdirSync(join(ada.folder, ".darklang")).filter((file) => /rebu|new/.test(file))).toEqual([]);
  });
}

test("S8: while the relay is away the space is made anew from what is here, and says what it waits for", async () => {
  const { relay, ada, bob } = await setUp();
  const before = await filesOf(ada);
  await relay.stop();
  damages[0]?.damage(ada);
  const repaired = await repair(ada);
  expect(repaired).toMatchObject({ ok: true, problems: [] });
  expect(repaired.missing.join(" ")).toContain("darklang sync");
  expect(repaired.sync.state).toBe("offline");
  expect((await ada.fields()).pending).toBeGreaterThan(0);
  expect(Object.values(await filesOf(ada)).join()).toContain("let unsent = 1L");
  await ada.saveValue("Acme.meanwhile", 1);
  await testRelay(join(ada.folder, "..", "relay"), relay.port);
  await ada.sync();
  await bob.sync();
  const after = await filesOf(ada);
  expect(Object.keys(after)).toEqual(Object.keys(before));
  expect(Object.values(after).join()).toContain("let meanwhile = 1L");
  expect(await filesOf(bob)).toEqual(after);
});

test("S8: without any relay, the outbox alone brings everything back", async () => {
  const ada = new Teammate("Ada", testFolder());
  await ada.init("Acme");
  await ada.do("import", "test/fixtures/sample-tree");
  await ada.saveValue("Acme.a", 1);
  const before = await filesOf(ada);
  damages[2]?.damage(ada);
  expect(await repair(ada)).toMatchObject({ ok: true, missing: [] });
  expect(await filesOf(ada)).toEqual(before);
});

test("S8: --offline asks nobody, and what was discarded stays away", async () => {
  const { ada } = await setUp();
  await ada.do("sync", "--clear-queue");
  damages[1]?.damage(ada);
  const repaired = await repair(ada, "--offline");
  expect(repaired.ok).toBe(true);
  expect(repaired.missing.join(" ")).toContain("works offline");
  expect(Object.values(await filesOf(ada)).join()).not.toContain("let unsent");
});

test("S8: a repair that is killed at any time is run again, and comes to its end", async () => {
  const { ada, bob } = await setUp();
  const before = await filesOf(ada);
  damages[4]?.damage(ada);
  const program = fileURLToPath(new URL("../../apps/cli/bin/darklang.js", import.meta.url));
  for (const afterMs of [150, 250, 350, 450, 600, 800]) {
    const child = spawn(process.execPath, [program, "--space", ada.folder, "doctor", "--repair"], {
      stdio: "ignore",
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
    await once(child, "exit");
    clearTimeout(timer);
  }
  expect(await repair(ada)).toMatchObject({ ok: true, problems: [] });
  await ada.sync();
  await bob.sync();
  expect(await filesOf(ada)).toEqual(before);
  expect(await filesOf(bob)).toEqual(before);
});

test("S8: a repair that was cut between setting the old database aside and putting the new one in place goes on", async () => {
  const { ada } = await setUp();
  const before = await filesOf(ada);
  renameSync(fileOf(ada, "space.db"), fileOf(ada, "space.db.rebuilt"));
  writeFileSync(fileOf(ada, "space.db-wal"), "of the old one");
  expect((await ada.try("ls")).stderr).toContain("doctor --repair");
  const repaired = await repair(ada);
  expect(repaired).toMatchObject({ ok: true, problems: [] });
  expect(repaired.kept).toContain("damaged");
  expect(await filesOf(ada)).toEqual(before);
});

test("S8: neither database nor outbox: it says so, and touches nothing", async () => {
  const { ada } = await setUp();
  damages[2]?.damage(ada);
  rmSync(fileOf(ada, "outbox"));
  const { code, json } = await ada.try("--json", "doctor", "--repair");
  expect([code, json.error]).toMatchObject([
    1,
    { code: "home-unknown", hint: expect.stringContaining("darklang join") },
  ]);
  expect(readFileSync(fileOf(ada, "space.db"), "utf8")).toContain("garbage");
});

test("doctor --repair mends what takes no new database: the key's mode, a damaged outbox, a rotten lock", async () => {
  const { ada } = await setUp();
  chmodSync(fileOf(ada, "device.key"), 0o644);
  const outbox = readFileSync(fileOf(ada, "outbox"));
  outbox[200] = (outbox[200] ?? 0) ^ 1;
  writeFileSync(fileOf(ada, "outbox"), outbox);
  writeFileSync(fileOf(ada, "sync.lock"), "garbage ".repeat(500));
  const found = (await ada.try("--json", "doctor")).json.problems as { code: string }[];
  expect(found.map(({ code }) => code).sort()).toEqual(["key-mode", "outbox-damaged"]);
  const repaired = await repair(ada);
  expect(repaired).toMatchObject({ ok: true, problems: [], kept: null });
  expect(repaired.repaired).toHaveLength(2);
  expect(statSync(fileOf(ada, "device.key")).mode & 0o777).toBe(0o600);
  await ada.sync();
});

test("a relay whose copy of a space is damaged says so, serves the others, and gets it again once it is set aside", async () => {
  const { relay, ada, bob } = await setUp();
  const data = join(ada.folder, "..", "relay");
  const space = String((await ada.do("status")).space);
  await relay.stop();
  const file = join(data, `${space}.db`);
  writeFileSync(file, "garbage ".repeat(999));
  const damaged = await testRelay(data);
  await ada.try("sync", "--relay", damaged.url);
  const refused = await ada.try("--json", "sync", "--relay", damaged.url);
  expect([refused.code, refused.json.error]).toMatchObject([1, { code: "relay-database-corrupt" }]);
  expect(damaged.lines.join("\n")).toContain("darklang-relay doctor --data DIR --repair");
  const zed = new Teammate("Zed", join(ada.folder, ".."));
  await zed.init("Zed");
  const zedSpace = String((await zed.do("status")).space);
  await zed.do("sync", "--relay", `${damaged.url}/${zedSpace}`);
  await damaged.stop();
  renameSync(file, `${file}.damaged`);
  const healed = await testRelay(data);
  const carl = await run([
    "--json",
    "join",
    `${healed.url}/${space}`,
    join(data, "..", "Carl"),
    "--as",
    "Carl",
  ]);
  expect([carl.code, carl.json.error]).toMatchObject([1, { code: "space-set-aside" }]);
  await bob.do("sync", "--relay", healed.url);
  await ada.do("sync", "--relay", healed.url);
  await bob.sync();
  expect(await filesOf(bob)).toEqual(await filesOf(ada));
  for (const mate of [ada, bob]) {
    expect((await mate.fields()).pending).toBe(0);
    expect(await mate.do("doctor")).toMatchObject({ ok: true });
  }
});

test("S8: a write-ahead log that rots loses what was saved last, silently for SQLite, not for us", async () => {
  const { ada } = await setUp();
  // While somebody has it open, the write-ahead log stays.
  const open = new Database(fileOf(ada, "space.db"));
  open.prepare("select count(*) from meta").get();
  for (const value of [1, 2, 3]) await ada.saveValue(`Acme.late${value}`, value);
  const before = await filesOf(ada);
  const crashed = new Teammate("Ada", join(ada.folder, "crashed"));
  cpSync(join(ada.folder, ".darklang"), join(crashed.folder, ".darklang"), { recursive: true });
  open.close();
  rmSync(fileOf(crashed, "space.db-shm"));
  const log = readFileSync(fileOf(crashed, "space.db-wal"));
  const middle = log.length >> 1;
  log[middle] = (log[middle] ?? 0) ^ 16;
  writeFileSync(fileOf(crashed, "space.db-wal"), log);
  expect((await crashed.try("ls")).stderr).toMatch(/lacks \d of the changes.*\n.*doctor --repair/);
  expect(await repair(crashed, "--offline")).toMatchObject({ ok: true, problems: [] });
  expect(await filesOf(crashed)).toEqual(before);
});

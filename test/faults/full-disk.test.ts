import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { sampled, seed } from "./support/chance.js";
import { newRoot } from "./support/files.js";
import { command, type LocalRelay, type Ran, serve } from "./support/in-process.js";
import { SmallDisk } from "./support/small-disk.js";
import { changeIds, claimedBlocks, readRelay, readSpace, viewOf } from "./support/space-reads.js";

const mounted = SmallDisk.mount(16);
const unless = typeof mounted === "string" ? ` (skipped: ${mounted})` : "";
const onSmallDisk = typeof mounted === "string" ? test.skip : test;
const root = newRoot();

function disk(): SmallDisk {
  if (typeof mounted === "string") throw new Error(mounted);
  return mounted;
}

/** Ada's space is on the small disk, Bob's and the relay's data are not, or the other way round. */
interface Place {
  readonly ada: string;
  readonly bob: string;
  readonly data: string;
}

let port = 0;
let relay: LocalRelay | null = null;
const template = join(root, "template");

/** Each of the two has something that the other lacks. */
beforeAll(async () => {
  const made = placeIn(template, template);
  mkdirSync(made.data, { recursive: true });
  relay = await serve(made.data);
  ({ port } = relay);
  await must("init", made.ada, "--as", "Ada", "--owner", "Acme");
  await must("--space", made.ada, "sync", "--relay", relay.url);
  await must("join", relay.url, made.bob, "--as", "Bob");
  for (const [member, folder] of [["ada", made.ada] as const, ["bob", made.bob] as const]) {
    await must("--space", folder, "sync", "--strategy", "lazy");
    for (let number = 0; number < 8; number += 1)
      await save(folder, `Acme.${member}${number}`, "x".repeat(900));
  }
  await must("--space", made.bob, "sync");
  await save(made.ada, "Acme.word", "w");
  await relay.close();
  relay = null;
}, 60_000);

afterEach(async () => {
  await relay?.close();
  relay = null;
});

afterAll(() => {
  if (typeof mounted !== "string") mounted.unmount();
  rmSync(root, { recursive: true, force: true });
});

function placeIn(small: string, large: string): Place {
  return { ada: join(small, "ada"), bob: join(large, "bob"), data: join(large, "relay") };
}

async function must(...args: readonly string[]): Promise<Ran> {
  const ran = await command("--json", ...args);
  expect(ran.code, `${args.join(" ")}: ${ran.stdout}${ran.stderr}`).toBe(0);
  return ran;
}

function saving(folder: string, location: string, text: string): readonly string[] {
  const file = join(root, "input.dark");
  writeFileSync(file, `let ${location.split(".").at(-1)} = "${text}"\n`);
  return ["--offline", "--space", folder, "save", location, "--file", file];
}

const save = (folder: string, location: string, text: string): Promise<Ran> =>
  must(...saving(folder, location, text));

/** Puts everything back to the beginning, some of it on the small disk, and starts the relay. */
async function begin(isRelaySmall: boolean): Promise<Place> {
  const small = join(disk().folder, "place");
  const large = join(root, "place");
  await relay?.close();
  for (const folder of [small, large]) rmSync(folder, { recursive: true, force: true });
  disk().makeRoom();
  const place = isRelaySmall
    ? { ada: join(large, "ada"), bob: join(large, "bob"), data: join(small, "relay") }
    : placeIn(small, large);
  const from = placeIn(template, template);
  for (const part of ["ada", "bob", "data"] as const) cpSync(from[part], place[part], { recursive: true });
  relay = await serve(place.data, port);
  return place;
}

/** What is there can be read, and exported to another disk. */
async function expectReadable({ ada }: Place): Promise<void> {
  const { json } = await must("--space", ada, "ls");
  expect((json.items as unknown[]).length).toBeGreaterThan(8);
  await must("--space", ada, "view", "Acme.ada0");
  await must("--space", ada, "log");
  const { stdout } = await command("--space", ada, "status");
  expect(stdout).toContain("left on the disk");
  const exported = join(root, "exported");
  rmSync(exported, { recursive: true, force: true });
  expect((await must("--space", ada, "export", exported)).json.files).toBeGreaterThan(0);
}

/** What is shown as synced is with the relay; with room again, all have the same, once, and nothing is wrong. */
async function expectWhole({ ada, bob, data }: Place, confirmed: readonly string[]): Promise<void> {
  const { blocks } = readRelay(data);
  const claimed = readSpace(ada, claimedBlocks) ?? [];
  expect(claimed.filter((block) => !blocks.has(block))).toEqual([]);
  for (const folder of [ada, bob, ada])
    expect((await must("--space", folder, "sync")).json.sync).toMatchObject({ state: "synced", pending: 0 });
  const { problems } = (await command("--json", "--space", ada, "doctor")).json;
  expect((problems as { code: string }[]).filter(({ code }) => code !== "disk-low")).toEqual([]);
  const { changes } = readRelay(data);
  expect(new Set(changes).size).toBe(changes.length);
  for (const folder of [ada, bob]) {
    const held = readSpace(folder, changeIds) ?? [];
    expect(held.toSorted()).toEqual(changes.toSorted());
    expect(confirmed.filter((id) => !held.includes(id))).toEqual([]);
  }
  expect(readSpace(bob, viewOf)).toEqual(readSpace(ada, viewOf));
}

/**
 * Does something with every number of pages left, up to where all of it fits, and sees what it says and what it
 * leaves.
 */
async function withEveryRoom(
  isRelaySmall: boolean,
  mostPages: number,
  codes: readonly string[],
  work: (place: Place) => readonly string[],
): Promise<void> {
  const rooms = sampled(
    Array.from({ length: mostPages }, (_, pages) => pages),
    12,
  );
  let failures = 0;
  for (const pages of rooms) {
    const place = await begin(isRelaySmall);
    const args = work(place);
    const before = readSpace(place.ada, changeIds) ?? [];
    disk().fillUpTo(pages);
    const where = `${pages} pages left, seed ${seed}`;
    try {
      const { code, json, stderr } = await command("--json", ...args);
      if (code !== 0) {
        failures += 1;
        const { error } = json as { error: { code: string; hint: string } };
        expect(codes, stderr).toContain(error.code);
        expect(error.hint).not.toBe("");
      }
      if (!isRelaySmall) {
        if (code === 0) expect(stderr).toMatch(/warning: .*left on the disk/);
        await expectReadable(place);
      }
      disk().makeRoom();
      if (code !== 0) await must(...args);
      await expectWhole(place, before);
    } catch (error) {
      throw new Error(where, { cause: error });
    }
  }
  console.log(`${rooms.length} of ${mostPages} sizes; too small for it: ${failures}`);
  expect(failures).toBeGreaterThan(0);
  expect(failures).toBeLessThan(rooms.length);
}

onSmallDisk(
  `S9: a save on a disk with room for any part of it${unless}`,
  async () => {
    await withEveryRoom(false, 40, ["disk-full"], ({ ada }) => saving(ada, "Acme.new", "n".repeat(3000)));
  },
  1_200_000,
);

onSmallDisk(
  `S9: a sync that brings and sends, on a disk with room for any part of it${unless}`,
  async () => {
    await withEveryRoom(false, 80, ["disk-full"], ({ ada }) => ["--space", ada, "sync"]);
  },
  1_200_000,
);

onSmallDisk(
  `S9, L5: a relay whose disk has room for any part of what comes${unless}`,
  async () => {
    await withEveryRoom(true, 20, ["relay-disk-full"], ({ ada }) => ["--space", ada, "sync"]);
  },
  1_200_000,
);

onSmallDisk(
  `S9: an import that a disk has room for in part says how much is in, and goes on with room again${unless}`,
  async () => {
    const place = await begin(false);
    const folder = join(root, "many");
    mkdirSync(folder);
    for (let number = 0; number < 200; number += 1) {
      const words = Array.from({ length: 40 }, (_, word) => `${number * 7919 + word * 104_729}`).join(" ");
      writeFileSync(
        join(folder, `file${number}.dark`),
        `module Acme.File${number}\n\nlet text = "${words}"\n`,
      );
    }
    disk().fillUpTo(60);
    const cut = await command("--json", "--offline", "--space", place.ada, "import", folder);
    const { code, message } = cut.json.error as { code: string; message: string };
    expect(code).toBe("disk-full");
    const [, inSpace] = / (\d+) of 200 files are in the space$/.exec(message) ?? [];
    const { items } = (await must("--space", place.ada, "ls")).json;
    const imported = (items as { location: string }[]).filter(({ location }) =>
      location.startsWith("Acme.File"),
    );
    expect(imported).toHaveLength(Number(inSpace));
    const exported = await command("--space", place.ada, "export", join(disk().folder, "place", "out"));
    expect(exported.stdout).toMatch(
      /^Only \d+ of \d+ files written to .*\n(Not written: .*\n){20} {2}and \d+ more: /,
    );
    disk().makeRoom();
    const again = await must("--offline", "--space", place.ada, "import", folder);
    expect(again.json).toMatchObject({ added: 200 - Number(inSpace), unchanged: Number(inSpace) });
  },
  60_000,
);

onSmallDisk(
  `S9: on a full disk there is a way out: undo, giving up what waits and eviction take the reserve${unless}`,
  async () => {
    for (const way of [["undo"], ["sync", "--clear-queue"], ["cache", "--evict"]]) {
      const { ada } = await begin(false);
      disk().fillUpTo(0);
      const { code, stderr } = await command("--json", "--offline", "--space", ada, ...way);
      expect(code, `${way.join(" ")}: ${stderr}`).toBe(0);
    }
  },
);

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StreamName } from "@darksync/core/stream";
import Database from "better-sqlite3";
import { beforeEach, expect, test } from "vitest";
import { openDamagedRelayStore, openDamagedStore } from "../src/sqlite/damaged-database.js";
import { openRelaySpaces } from "../src/sqlite/relay-spaces.js";
import { openReplicaStore } from "../src/sqlite/replica-store.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const folder = temporaryFolder();
const space = "ab".repeat(16);
const log = "main/Acme";
const streams = [1, 2, 3].map((digit): StreamName => `${`a${digit}`.repeat(32)}.${"ef".repeat(8)}`);
const blockAt = (seq: number) => ({
  seq,
  hash: `0${seq}`.repeat(32),
  changeCount: 1,
  bytes: new Uint8Array([seq]),
});
let path = "";

beforeEach(async () => {
  path = join(folder(), `${space}.db`);
  const spaces = openRelaySpaces(folder());
  await spaces.create(space).write(({ blocks, segments }) => {
    for (const stream of streams)
      for (let seq = 1; seq <= 3; seq += 1) blocks.append(log, stream, blockAt(seq));
    segments.put(log, { number: 0, hash: "cd".repeat(32), byteCount: 2 }, new Uint8Array([8, 9]));
  });
  spaces.close();
});

/** The ends of the streams that are found in the damaged database. */
function endsFound(): Readonly<Record<string, number>> {
  const store = openDamagedRelayStore(path);
  if (store === null) throw new Error("it cannot be opened");
  try {
    return store.read(({ blocks }) =>
      Object.fromEntries([...blocks.tips(log)].map(([name, { seq }]) => [name, seq])),
    );
  } finally {
    store.close();
  }
}

const all = Object.fromEntries(streams.map((stream) => [stream, 3]));

function runSql(sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

test("R78 streams are found in a repair whatever their index says, all but one whose own row is damaged", () => {
  const bytes = readFileSync(path);
  const [, second = ""] = streams;
  const places: number[] = [];
  for (let at = bytes.indexOf(second); at >= 0; at = bytes.indexOf(second, at + 1)) places.push(at);
  expect(places.length).toBe(2);
  const found = places.map((at) => {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ 4;
    writeFileSync(path, flipped);
    return endsFound()[second];
  });
  // One of the two is the row, the other the index.
  expect(found).toContain(3);
  expect(found).toContain(undefined);
});

test("R78 a stream ends in a repair where its blocks end, or somewhat behind that if its row says so", () => {
  expect(endsFound()).toEqual(all);
  for (const [noted, end] of [
    [0, 3],
    [1, 3],
    [5, 5],
    [2 ** 40, 3],
  ]) {
    runSql(`update stream set tip_seq = ${noted} where id = 2`);
    expect(endsFound()[streams[1] ?? ""]).toBe(end);
  }
});

test("R78 segments are found in a repair", () => {
  const store = openDamagedRelayStore(path);
  expect(store?.read(({ segments }) => segments.list(log))).toEqual([
    { number: 0, hash: "cd".repeat(32), byteCount: 2, heldBytes: 2 },
  ]);
  expect(store?.read(({ segments }) => segments.bytes(log, 0))).toEqual(new Uint8Array([8, 9]));
  store?.close();
});

test("R44 a replica's repair finds its streams in the same way", async () => {
  path = join(folder(), "replica.db");
  const replica = openReplicaStore(path);
  await replica.write(({ blocks }) => {
    for (let seq = 1; seq <= 3; seq += 1) blocks.append(log, streams[0] ?? "", blockAt(seq));
  });
  replica.close();
  runSql("update stream set tip_seq = 1099511627776");
  const store = openDamagedStore(path);
  expect(store?.read(({ blocks }) => blocks.tip(log, streams[0] ?? "")?.seq)).toBe(3);
  store?.close();
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "@darksync/runtime/store/store";
import Database from "better-sqlite3";
import { beforeEach, expect, test } from "vitest";
import { noteDamage } from "../src/sqlite/damage-note.js";
import { openRelaySpaces } from "../src/sqlite/relay-spaces.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const folder = temporaryFolder();
const space = "ab".repeat(16);
const stream = `${"cd".repeat(32)}.${"ef".repeat(8)}`;
let path = "";

beforeEach(async () => {
  path = join(folder(), `${space}.db`);
  const spaces = openRelaySpaces(folder());
  await spaces.create(space).write(({ blocks }) => {
    for (let seq = 1; seq <= 3; seq += 1) {
      const hash = `0${seq}`.repeat(32);
      blocks.append("main/Acme", stream, { seq, hash, changeCount: 1, bytes: new Uint8Array([seq]) });
    }
  });
  spaces.close();
});

/** What is said where the space is opened; null: it opens. */
function refusal(): string | null {
  const spaces = openRelaySpaces(folder());
  try {
    spaces.open(space);
    return null;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    expect(error.code).toBe("database-corrupt");
    return error.message;
  } finally {
    spaces.close();
  }
}

function runSql(sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

test("R76 a sound space opens", () => {
  expect(refusal()).toBeNull();
});

test.each([
  ["a stream that ends before its last block", "update stream set tip_seq = 2, tip_hash = zeroblob(32)"],
  ["a stream that is said to be longer", "update stream set tip_seq = 4"],
  ["a stream that is said to be empty", "update stream set tip_seq = 0"],
  ["a stream that ends with another block", "update stream set tip_hash = zeroblob(32)"],
  ["a stream whose last block is gone", "delete from block where key = (select max(key) from block)"],
  ["a manifest that cannot be read", "insert into manifest select id, x'0707' from log"],
  [
    "a segment that no manifest names",
    "insert into segment select 1, id, 0, zeroblob(32), 1, zeroblob(1) from log",
  ],
])("R76 %s is found when the space is opened", (_, sql) => {
  runSql(sql);
  expect(refusal()).not.toBeNull();
});

test("R76 an index that lost a stream is found when the space is opened", () => {
  const bytes = readFileSync(path);
  const first = bytes.indexOf(stream);
  const second = bytes.indexOf(stream, first + 1);
  expect(second).toBeGreaterThan(first);
  for (const at of [first, second]) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    writeFileSync(path, flipped);
    expect(refusal()).toMatch(/index|missing/);
  }
});

test("R77 a space that was noted as damaged is not opened", () => {
  noteDamage(path, "block 3 is not what its hash says");
  expect(refusal()).toContain("block 3");
});

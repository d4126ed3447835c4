import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "@darksync/runtime/store/store";
import Database from "better-sqlite3";
import { beforeEach, expect, test } from "vitest";
import { openRelaySpaces } from "../src/sqlite/relay-spaces.js";
import { openReplicaStore } from "../src/sqlite/replica-store.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const folder = temporaryFolder();
let path: string;

beforeEach(async () => {
  path = join(folder(), "replica.db");
  const store = openReplicaStore(path);
  await store.write(({ meta }) => {
    for (let number = 0; number < 5000; number += 1) meta.set(`key ${number}`, `value ${number}`);
  });
  store.close();
});

function codeOfOpening(at: string, create = true): string {
  try {
    openReplicaStore(at, { create }).close();
    return "fine";
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    expect(error.hint).not.toBe("");
    return error.code;
  }
}

function overwrite(offset: number, bytes: Uint8Array): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

function runSql(sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

test("a sound database opens", () => {
  expect(codeOfOpening(path)).toBe("fine");
});

test("garbage is a damaged database", () => {
  writeFileSync(path, "this is not a database, however long the text may be ".repeat(200));
  expect(codeOfOpening(path)).toBe("database-corrupt");
});

test("a flipped header is a damaged database", () => {
  const header = readFileSync(path).subarray(0, 100);
  overwrite(
    0,
    header.map((byte) => byte ^ 0xff),
  );
  expect(codeOfOpening(path)).toBe("database-corrupt");
});

test("a damaged first page is a damaged database", () => {
  overwrite(100, new Uint8Array(3900).fill(0xa5));
  expect(codeOfOpening(path)).toBe("database-corrupt");
});

test("an empty file is a damaged database, not a new one", () => {
  truncateSync(path, 0);
  expect(codeOfOpening(path)).toBe("database-corrupt");
});

test("a database that lacks a table or an index is damaged", () => {
  runSql("drop table set_aside_change");
  expect(codeOfOpening(path)).toBe("database-corrupt");
});

test("a write-ahead log without its file is not taken for a new database", () => {
  writeFileSync(join(folder(), "other.db-wal"), "left behind");
  expect(codeOfOpening(join(folder(), "other.db"))).toBe("database-corrupt");
});

test("a database of a relay is no replica", async () => {
  const spaces = openRelaySpaces(folder());
  spaces.create("aa");
  spaces.close();
  expect(codeOfOpening(join(folder(), "aa.db"))).toBe("database-corrupt");
});

test("damage that shows later is named as such", () => {
  // The pages of the table, far behind the schema.
  overwrite(60 * 4096, new Uint8Array(40 * 4096).fill(0xa5));
  const store = openReplicaStore(path);
  const readAll = () =>
    store.read(({ meta }) => {
      for (let number = 0; number < 5000; number += 1) meta.get(`key ${number}`);
    });
  expect(readAll).toThrow(StoreError);
  expect(readAll).toThrow("damaged");
  store.close();
});

test("a newer database is left alone", () => {
  runSql("pragma user_version = 99");
  expect(codeOfOpening(path)).toBe("database-newer");
});

test("a missing database is made only if that is wanted", () => {
  const missing = join(folder(), "missing.db");
  expect(codeOfOpening(missing, false)).toBe("database-missing");
  expect(codeOfOpening(missing)).toBe("fine");
  expect(codeOfOpening(missing, false)).toBe("fine");
});

import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Connection } from "../src/sqlite/connection.js";
import { HashRuns } from "../src/sqlite/hash-runs.js";
import { KeySet } from "../src/sqlite/key-set.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const folder = temporaryFolder();

/** Hashes of which many begin alike, so that one row has to hold more of them than usual. */
const anyHash = fc
  .tuple(fc.constantFrom("00", "7f", "ff"), fc.integer({ min: 0, max: 400 }), fc.boolean())
  .map(([start, number, isSpread]) =>
    isSpread
      ? (number * 2654435761).toString(16).padStart(12, start).slice(-12).padEnd(64, start)
      : start.repeat(31) + (number % 256).toString(16).padStart(2, "0"),
  );

const anyTransactions = fc.array(
  fc.record({
    added: fc.uniqueArray(anyHash, { maxLength: 300, size: "max" }),
    removed: fc.array(anyHash, { maxLength: 20 }),
    isGivenUp: fc.integer({ min: 0, max: 5 }).map((die) => die === 0),
  }),
  { minLength: 1, maxLength: 8 },
);

/** Plays one transaction on the runs and on a plain map. */
function play(
  runs: HashRuns,
  model: Map<string, number>,
  { added, removed }: { readonly added: readonly string[]; readonly removed: readonly string[] },
): void {
  for (const hash of added) {
    expect(runs.find(hash)).toBe(model.get(hash) ?? null);
    if (model.has(hash)) continue;
    const number = 2 ** 40 + model.size;
    runs.add(hash, number);
    model.set(hash, number);
  }
  for (const hash of removed) {
    runs.remove(hash);
    model.delete(hash);
    expect(runs.find(hash)).toBeNull();
  }
  expect([runs.count(), runs.isEmpty()]).toEqual([model.size, model.size === 0]);
}

test("runs of hashes answer like a map, whatever is added, taken out and given up, in whatever transactions", () => {
  let name = 0;
  fc.assert(
    fc.property(anyTransactions, (transactions) => {
      const database = new Database(join(folder(), `${++name}.db`));
      database.exec(
        "pragma journal_mode = wal; create table t(key integer primary key, entries blob not null)",
      );
      const connection = new Connection(database);
      const runs = new HashRuns(connection, "t");
      connection.writeBeforeCommit(() => runs.write());
      let model = new Map<string, number>();
      for (const transaction of transactions) {
        const next = new Map(model);
        try {
          connection.write(() => {
            play(runs, next, transaction);
            if (transaction.isGivenUp) throw new RangeError("given up");
          });
          model = next;
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
        }
        const all = connection.read(() => [...model.keys()].map((hash) => runs.find(hash)));
        expect(all).toEqual([...model.values()]);
        for (const prefix of ["", "00", "7f7", "f"]) {
          const expected = [...model].filter(([hash]) => hash.startsWith(prefix)).map(([, number]) => number);
          const found = connection.read(() => runs.withPrefix(prefix, 10_000));
          expect([...found].sort((left, right) => left - right)).toEqual(
            expected.sort((left, right) => left - right),
          );
        }
      }
      database.close();
    }),
    { numRuns: 40 },
  );
});

test("many small additions are merged into few runs", () => {
  const database = new Database(join(folder(), "small.db"));
  database.exec("pragma synchronous = off; create table t(key integer primary key, entries blob not null)");
  const connection = new Connection(database);
  const runs = new HashRuns(connection, "t");
  connection.writeBeforeCommit(() => runs.write());
  for (let number = 0; number < 600; number += 1) {
    const hash = (number * 2654435761).toString(16).padStart(12, "0").padEnd(64, "5");
    connection.write(() => runs.add(hash, number));
  }
  const last = database.prepare("select max(key) from t").pluck().get() as number;
  expect(Math.floor(last / 2 ** 40)).toBeLessThan(5);
  database.close();
});

test("a set of keys holds what was added, and nothing else", () => {
  const anyKey = fc.oneof(
    fc.nat(50),
    fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    fc.nat(9).map((n) => n * 2 ** 32),
  );
  fc.assert(
    fc.property(fc.array(anyKey, { maxLength: 3000, size: "max" }), fc.array(anyKey), (added, others) => {
      const keys = new KeySet();
      for (const key of added) keys.add(key);
      const expected = new Set(added);
      expect(keys.size).toBe(expected.size);
      for (const key of [...added, ...others]) expect(keys.has(key)).toBe(expected.has(key));
    }),
    { numRuns: 50 },
  );
});

import { join } from "node:path";
import { decodeChange } from "@darksync/core/change";
import { renderDefinition } from "@darksync/core/definition";
import { nameOf } from "@darksync/core/location";
import { importFiles } from "@darksync/runtime/edit/import-files";
import type { DefinitionToSave } from "@darksync/runtime/edit/save";
import { save, saveDefinition } from "@darksync/runtime/edit/save";
import type { Replica } from "@darksync/runtime/replica/replica";
import { type Finding, median, rounded, timeMs } from "./measure.ts";
import { edits } from "./payload.ts";
import { RawStore } from "./raw-store.ts";
import { copySpace, makeSpace, openSpaceIn, saveInBatches } from "./spaces.ts";

/** The encoded changes that the last saves of a replica came to: what the raw side writes. */
function lastChangeBytes(replica: Replica, count: number): readonly Uint8Array[] {
  return replica.store.read(({ changes }) =>
    changes
      .latest(count)
      .flatMap(({ bytes }) => (bytes !== null && decodeChange(bytes).type === "change" ? [bytes] : [])),
  );
}

type SaveOne = (replica: Replica, definition: DefinitionToSave) => ReturnType<typeof save>;

/** From a definition that was parsed before: raw does not read its rows as Darklang either. */
const saveParsed: SaveOne = (replica, definition) => saveDefinition(replica, definition);

/** From the text that a person wrote. */
const saveText: SaveOne = (replica, { location, text }) =>
  save(replica, location, renderDefinition(text, nameOf(location)));

async function saveOneByOne(
  replica: Replica,
  definitions: readonly DefinitionToSave[],
  saveOne: SaveOne,
): Promise<void> {
  for (const definition of definitions) {
    const saved = await saveOne(replica, definition);
    if (!saved.ok) throw new Error(saved.problem.message);
  }
}

/** Edits whose texts are plain strings, as they are once they were read from a file. */
function readEdits(seed: number, count: number, places: number): readonly DefinitionToSave[] {
  return edits(seed, count, places).map(({ location, text }) => ({
    location,
    text: { kind: text.kind, head: plain(text.head), tail: plain(text.tail) },
  }));
}

// A string that was joined piece by piece is put together when it is first read, which is no part of a save.
function plain(text: string): string {
  return Buffer.from(text).toString();
}

const roundCount = 5;
const singleCount = 400;
const bulkCount = 10_000;
const bulkBatch = 1000;

/**
 * T1: saves of parsed definitions until they are durable, one by one, beside one-row transactions of the same bytes;
 * with fsync, and without it in spaces of 1,000 and of `hundredThousand` changes (T1b), there also from texts that
 * have to be parsed. Sides take turns in each round.
 */
export async function measureSingleWrites(dir: string, hundredThousand: string): Promise<readonly Finding[]> {
  const thousand = join(dir, "thousand");
  const seedReplica = await makeSpace(thousand, "Ada", "normal");
  await saveInBatches(seedReplica, edits(1, 1000, 1000), 1000);
  seedReplica.store.close();
  const samples = {
    fsync: [] as number[],
    rawFsync: [] as number[],
    raw: [] as number[],
    at1k: [] as number[],
    at100k: [] as number[],
    parsing: [] as number[],
  };
  for (let round = 0; round < roundCount; round += 1) {
    const definitions = readEdits(100 + round, singleCount, 300);
    const durable = await inCopy(thousand, join(dir, `t1-${round}`), "full", async (replica) => {
      const ms = await timeMs(() => saveOneByOne(replica, definitions, saveParsed));
      return { ms, bytes: lastChangeBytes(replica, singleCount) };
    });
    samples.fsync.push(perSecond(singleCount, durable.ms));
    samples.rawFsync.push(await rawWrites(join(dir, `raw-fsync-${round}.db`), true, durable.bytes));
    samples.raw.push(await rawWrites(join(dir, `raw-${round}.db`), false, durable.bytes));
    for (const [key, from, saveOne] of [
      ["at1k", thousand, saveParsed],
      ["at100k", hundredThousand, saveParsed],
      ["parsing", hundredThousand, saveText],
    ] as const) {
      const ms = await inCopy(from, join(dir, `t1b-${key}-${round}`), "normal", (replica) =>
        timeMs(() => saveOneByOne(replica, definitions, saveOne)),
      );
      samples[key].push(perSecond(singleCount, ms));
    }
  }
  const t1 = median(samples.fsync) / median(samples.rawFsync);
  const t1b = median(samples.at100k) / median(samples.raw);
  const flat = median(samples.at100k) / median(samples.at1k);
  return [
    finding(
      "T1",
      "durable single save of a parsed definition, fsync",
      "saves/s",
      samples.fsync,
      samples.rawFsync,
      "≥ 0.5 × raw",
      t1 >= 0.5,
    ),
    finding(
      "T1b",
      "single save of a parsed definition at 100,000 changes, no fsync",
      "saves/s",
      samples.at100k,
      samples.raw,
      "≥ 0.4 × raw",
      t1b >= 0.4,
    ),
    finding(
      "T1b",
      "the same beside 1,000 changes",
      "saves/s",
      samples.at100k,
      samples.at1k,
      "0.85–1.15 × (flat)",
      flat >= 0.85 && flat <= 1.15,
    ),
    finding(
      "T1b",
      "the same from a text, parsing included",
      "saves/s",
      samples.parsing,
      samples.raw,
      "(for information)",
      null,
    ),
  ];
}

/**
 * T2: saves of 1,000 definitions a transaction, one change each, hash, fold and index included, beside one row of the
 * same bytes for each definition. Both with fsync.
 */
export async function measureBulkWrites(dir: string): Promise<readonly Finding[]> {
  const samples = { ours: [] as number[], raw: [] as number[] };
  for (let round = 0; round < roundCount; round += 1) {
    const definitions = readEdits(200 + round, bulkCount, bulkCount / 2);
    const replica = await makeSpace(join(dir, `t2-${round}`), "Ada");
    const ms = await timeMs(() => saveInBatches(replica, definitions, bulkBatch));
    samples.ours.push(perSecond(bulkCount, ms));
    const rows = lastChangeBytes(replica, bulkCount);
    replica.store.close();
    const store = new RawStore(join(dir, `t2-raw-${round}.db`), true);
    const rawMs = await timeMs(() => {
      for (let start = 0; start < rows.length; start += bulkBatch)
        store.write(rows.slice(start, start + bulkBatch));
    });
    samples.raw.push(perSecond(rows.length, rawMs));
    store.close();
  }
  const isReached = median(samples.ours) / median(samples.raw) >= 0.3;
  return [
    finding(
      "T2",
      "bulk saves, 1,000 a transaction",
      "saves/s",
      samples.ours,
      samples.raw,
      "≥ 0.3 × raw",
      isReached,
    ),
  ];
}

const definitionsPerFile = 13;
const importedCount = 6500;

/**
 * Bulk import, as `darklang import` does it: files are split and parsed, each becomes one durable change. Beside rows of
 * the same texts, one for each definition, as many in a transaction as import takes at once. Both with fsync.
 */
export async function measureImport(dir: string): Promise<readonly Finding[]> {
  const samples = { ours: [] as number[], raw: [] as number[] };
  for (let round = 0; round < roundCount; round += 1) {
    const texts = edits(300 + round, importedCount, importedCount).map(({ text }, index) =>
      renderDefinition(text, `function${index}`),
    );
    const files = Array.from({ length: importedCount / definitionsPerFile }, (_, file) => ({
      path: `part${file}.dark`,
      text: `module Acme.Part${file}\n\n${texts.slice(file * definitionsPerFile, (file + 1) * definitionsPerFile).join("\n\n\n")}\n`,
    }));
    const replica = await makeSpace(join(dir, `import-${round}`), "Ada");
    const ms = await timeMs(async () => {
      const { added } = await importFiles(replica, files);
      if (added !== importedCount) throw new Error(`imported ${added} of ${importedCount}`);
    });
    samples.ours.push(perSecond(importedCount, ms));
    replica.store.close();
    const store = new RawStore(join(dir, `import-raw-${round}.db`), true);
    const rows = texts.map((text) => Buffer.from(text));
    const batch = 48 * definitionsPerFile;
    const rawMs = await timeMs(() => {
      for (let start = 0; start < rows.length; start += batch) store.write(rows.slice(start, start + batch));
    });
    samples.raw.push(perSecond(rows.length, rawMs));
    store.close();
  }
  return [
    finding(
      "T2",
      "bulk import of files, parsing included",
      "definitions/s",
      samples.ours,
      samples.raw,
      "(for information)",
      null,
    ),
  ];
}

async function inCopy<Value>(
  from: string,
  to: string,
  durability: "full" | "normal",
  work: (replica: Replica) => Promise<Value>,
): Promise<Value> {
  copySpace(from, to);
  const replica = await openSpaceIn(to, durability);
  try {
    return await work(replica);
  } finally {
    replica.store.close();
  }
}

async function rawWrites(path: string, fsync: boolean, rows: readonly Uint8Array[]): Promise<number> {
  const store = new RawStore(path, fsync);
  const ms = await timeMs(() => {
    for (const row of rows) store.write([row]);
  });
  store.close();
  return perSecond(rows.length, ms);
}

function perSecond(count: number, ms: number): number {
  return (count / ms) * 1000;
}

function finding(
  target: string,
  work: string,
  unit: string,
  ours: readonly number[],
  raw: readonly number[],
  goal: string,
  reached: boolean | null,
): Finding {
  const [darksync, limit] = [median(ours), median(raw)];
  return {
    target,
    work,
    unit,
    darksync: rounded(darksync),
    raw: rounded(limit),
    ratio: rounded(darksync / limit),
    goal,
    reached,
    samples: { darksync: ours.map(rounded), raw: raw.map(rounded) },
  };
}

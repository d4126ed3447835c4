import { expect, test } from "vitest";
import * as Y from "yjs";
import { firstHead, type Head } from "../src/head.js";
import { decodeStateVector } from "../src/state-vector.js";
import { encodeAppends, type Run } from "../src/update.js";
import { parseFor, stockDocument, verdict } from "./support/documents.js";
import { sha256 } from "./support/ports.js";
import { bytesOf, plainStream } from "./support/streams.js";

const [alice, bob, carol] = [plainStream(1), plainStream(2), plainStream(3)];
const streams = [alice, bob, carol];
const held: readonly Run[] = [
  { stream: alice, firstSeq: 1, blocks: ["a1", "a2"].map(bytesOf) },
  { stream: bob, firstSeq: 1, blocks: [bytesOf("b1")] },
];
const sent: readonly Run[] = [
  { stream: alice, firstSeq: 2, blocks: ["a2", "a3", "a4"].map(bytesOf) },
  { stream: bob, firstSeq: 2, blocks: [bytesOf("b2"), new Uint8Array(130)] },
  { stream: carol, firstSeq: 1, blocks: ["c1", "c2"].map(bytesOf) },
];
const later: Head = { number: 1, sealed: new Map([[carol, 7]]) };

/** Numbers that look random and are the same in every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Some bytes changed, put in, taken out, or the end cut off. */
function mutated(bytes: Uint8Array, next: (below: number) => number): Uint8Array {
  const result = [...bytes];
  for (let edits = 1 + next(3); edits > 0; edits -= 1) {
    const at = next(result.length + 1);
    const kind = next(8);
    if (kind === 0) result.splice(at, 1);
    else if (kind === 1) result.splice(at, 0, next(256));
    else if (kind === 2) result.length = at;
    else if (kind === 3) result.splice(at, 1, 0x80 | next(128));
    else result.splice(at, 1, kind < 6 ? next(256) : next(6));
  }
  return Uint8Array.from(result);
}

function countsOf(document: Y.Doc): readonly number[] {
  return streams.map((stream) => document.getArray(stream).length);
}

/** Applies an accepted update to a document of its own, and demands appends and nothing else. */
function expectPureAppends(state: Uint8Array, update: Uint8Array, runs: readonly Run[], head: Head): void {
  const document = new Y.Doc();
  Y.applyUpdate(document, state);
  const before = streams.map((stream) => document.getArray<Uint8Array>(stream).toArray());
  Y.applyUpdate(document, update);
  expect(document.store.pendingStructs).toBeNull();
  expect(document.store.pendingDs).toBeNull();
  const wanted = streams.map((stream, index) => {
    const run = runs.find((candidate) => candidate.stream === stream);
    const had = before[index] ?? [];
    if (run === undefined) return had;
    const from = run.firstSeq - 1 - (head.sealed.get(stream) ?? 0);
    return [...had, ...run.blocks.slice(had.length - from)];
  });
  const found = streams.map((stream) => document.getArray<Uint8Array>(stream).toArray());
  expect(found).toEqual(wanted);
  expect(document.share.size).toBe(streams.length);
}

test.each([
  ["the first head", firstHead, held, sent],
  ["a later head", later, held, [...sent.slice(0, 2), { ...sent[2], firstSeq: 8 } as Run]],
])("L2.1 L2.11 mutated updates in %s are refused or are pure appends", (_, head, heldRuns, sentRuns) => {
  const document = stockDocument(head, heldRuns);
  const state = Y.encodeStateAsUpdate(document);
  const update = encodeAppends(sha256, head, sentRuns);
  expect(verdict(parseFor(document, streams, update, head))).toBe("accepted");
  const next = numbers(20_260);
  const verdicts = new Map<string, number>();
  for (let round = 0; round < 20_000; round += 1) {
    const hostile = mutated(update, next);
    const parsed = parseFor(document, streams, hostile, head);
    verdicts.set(verdict(parsed), (verdicts.get(verdict(parsed)) ?? 0) + 1);
    if (parsed.ok) expectPureAppends(state, hostile, parsed.runs, head);
  }
  expect(countsOf(document)).toEqual([2, 1, 0]);
  expect(verdicts.get("accepted")).toBeGreaterThan(100);
  expect(verdicts.size).toBeGreaterThan(7);
});

test("L1.5 mutated state vectors never throw", () => {
  const vector = Y.encodeStateVector(stockDocument(firstHead, held));
  const next = numbers(7);
  for (let round = 0; round < 5000; round += 1) {
    const clocks = decodeStateVector(mutated(vector, next));
    for (const clock of clocks?.values() ?? []) expect(Number.isSafeInteger(clock)).toBe(true);
  }
});

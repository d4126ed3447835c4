import type { StreamName } from "@darksync/core/stream";
import * as Y from "yjs";
import { clientIdOf } from "../../src/client-id.js";
import { firstHead, type Head } from "../../src/head.js";
import { type KnownStream, type ParsedUpdate, parseAppends, type Run } from "../../src/update.js";
import { sha256 } from "./ports.js";

/** A stock Yjs document with these runs, each pushed by a client of the right id. */
export function stockDocument(head: Head, runs: readonly Run[]): Y.Doc {
  const whole = new Y.Doc();
  for (const { stream, blocks } of runs) {
    const part = new Y.Doc();
    part.clientID = clientIdOf(sha256, stream, head.number);
    for (const block of blocks) part.getArray(stream).push([block]);
    Y.applyUpdate(whole, Y.encodeStateAsUpdate(part));
  }
  return whole;
}

/** A copy of a document. */
export function cloned(document: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(document));
  return copy;
}

/** The update that a change to a copy of the document makes, by a client of the given id. */
export function attack(document: Y.Doc, clientId: number, change: (copy: Y.Doc) => void): Uint8Array {
  const copy = cloned(document);
  copy.clientID = clientId;
  change(copy);
  return Y.encodeStateAsUpdate(copy, Y.encodeStateVector(document));
}

/** A receiver that holds what the document holds of these streams. */
export function knownFrom(
  document: Y.Doc,
  head: Head,
  streams: readonly StreamName[],
): (clientId: number) => KnownStream | null {
  const clients = new Map(streams.map((stream) => [clientIdOf(sha256, stream, head.number), stream]));
  const clocks = Y.decodeStateVector(Y.encodeStateVector(document));
  return (clientId) => {
    const stream = clients.get(clientId);
    if (stream === undefined || !clocks.has(clientId)) return null;
    return { stream, nextSeq: (clocks.get(clientId) ?? 0) + 1 + (head.sealed.get(stream) ?? 0) };
  };
}

/** Parses for a receiver that holds what the document holds. */
export function parseFor(
  document: Y.Doc,
  streams: readonly StreamName[],
  update: Uint8Array,
  head: Head = firstHead,
): ParsedUpdate {
  return parseAppends(sha256, head, update, knownFrom(document, head, streams));
}

/** The refusal's code, or "accepted". */
export function verdict(parsed: ParsedUpdate): string {
  return parsed.ok ? "accepted" : parsed.refusal.code;
}

/** The elements of a root array as texts. */
export function textsOf(document: Y.Doc, name: string): readonly string[] {
  return document
    .getArray<Uint8Array>(name)
    .toArray()
    .map((bytes) => new TextDecoder().decode(bytes));
}

/** A number as Yjs writes it. */
export function varUint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push(0x80 | (rest % 128));
  return [...bytes, rest];
}

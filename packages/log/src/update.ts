import { maxBlockBytes } from "@darksync/core/block";
import { decode, type Reader, readByte, readBytes, readText, readVarUint } from "@darksync/core/codec";
import type { Hash } from "@darksync/core/ports";
import { parseStreamName, type StreamName } from "@darksync/core/stream";
import { clientIdOf } from "./client-id.js";
import { clockOf, type Head, sealedCount } from "./head.js";
import {
  contentBinary,
  contentKindBits,
  FrameWriter,
  leftOriginBit,
  mapKeyBit,
  rightOriginBit,
  rootParent,
  varUintSize,
} from "./update-frame.js";
import { gapRefusal, type UpdateRefusal, updateRefusal } from "./update-refusal.js";

/** Blocks of one stream in a row. */
export interface Run {
  readonly stream: StreamName;
  /** Sequence number of the first of them, counted from 1. */
  readonly firstSeq: number;
  readonly blocks: readonly Uint8Array[];
}

/** A stream as the receiver of an update knows it. */
export interface KnownStream {
  readonly stream: StreamName;
  /** Sequence number of the first block that is not held. */
  readonly nextSeq: number;
}

/** How much one update may hold. */
export interface UpdateLimits {
  readonly maxBlockBytes: number;
  /** Blocks of all streams together. */
  readonly maxStructs: number;
  /** Streams. */
  readonly maxClients: number;
}

/** The limits that hold if none are given. The bytes of the whole update are for the transport to limit. */
export const defaultUpdateLimits: UpdateLimits = { maxBlockBytes, maxStructs: 65_536, maxClients: 4096 };

/** What an update holds, or why it must not be applied. */
export type ParsedUpdate =
  | { readonly ok: true; readonly runs: readonly Run[] }
  | { readonly ok: false; readonly refusal: UpdateRefusal };

/**
 * The Yjs update (version 1) of these blocks, byte for byte what a document that holds them would send (L1). Sealed
 * blocks are left out, as are streams that `clientsOf` would leave out. At most one run per stream; throws if not.
 */
export function encodeAppends(hash: Hash, head: Head, runs: readonly Run[]): Uint8Array {
  const sections = sectionsOf(hash, head, runs);
  const writer = new FrameWriter(
    sections.reduce((size, section) => size + sectionSize(section), varUintSize(sections.length) + 1),
  );
  writer.varUint(sections.length);
  for (const section of sections) writeSection(writer, section);
  writer.varUint(0); // an empty delete set
  return writer.bytes;
}

/** The blocks of one client, as an update lists them. */
interface Section {
  readonly client: number;
  readonly stream: StreamName;
  readonly clock: number;
  readonly blocks: readonly Uint8Array[];
}

function sectionsOf(hash: Hash, head: Head, runs: readonly Run[]): readonly Section[] {
  const sections = new Map<number, Section>();
  for (const { stream, firstSeq, blocks } of runs) {
    const firstClock = clockOf(head, stream, firstSeq);
    const live = firstClock < 0 ? blocks.slice(-firstClock) : blocks;
    if (live.length === 0) continue;
    const client = clientIdOf(hash, stream, head.number);
    const other = sections.get(client);
    if (other?.stream === stream) throw new Error(`two runs of one stream: ${stream}`);
    if (other === undefined || stream < other.stream) {
      sections.set(client, { client, stream, clock: Math.max(0, firstClock), blocks: live });
    }
  }
  return [...sections.values()].sort((left, right) => right.client - left.client);
}

function sectionSize({ client, stream, clock, blocks }: Section): number {
  const clientSize = varUintSize(client);
  let size = varUintSize(blocks.length) + clientSize + varUintSize(clock);
  blocks.forEach((block, index) => {
    const at = clock + index;
    const origin =
      at === 0 ? 1 + varUintSize(stream.length) + stream.length : clientSize + varUintSize(at - 1);
    size += 1 + origin + varUintSize(block.length) + block.length;
  });
  return size;
}

function writeSection(writer: FrameWriter, { client, stream, clock, blocks }: Section): void {
  writer.varUint(blocks.length);
  writer.varUint(client);
  writer.varUint(clock);
  blocks.forEach((block, index) => {
    const at = clock + index;
    if (at === 0) {
      writer.byte(contentBinary);
      writer.byte(rootParent);
      writer.asciiText(stream);
    } else {
      writer.byte(contentBinary | leftOriginBit);
      writer.varUint(client);
      writer.varUint(at - 1);
    }
    writer.lengthAndBytes(block);
  });
}

/** What parsing one update goes by. */
interface Receiver {
  readonly hash: Hash;
  readonly head: Head;
  readonly known: (clientId: number) => KnownStream | null;
  readonly limits: UpdateLimits;
}

/**
 * Reads an update without applying it, and says yes only to appends at the end of the right arrays (L2). `known` tells
 * the stream that the receiver has under a client id, sealed blocks counted; a client it answers null for may begin a
 * stream. Blocks that are held already are returned too, for the caller to compare. Blocks are views of `update`.
 * Total: any bytes give runs or a refusal. `gap` and `unknown-client` are given only if nothing else is wrong.
 */
export function parseAppends(
  hash: Hash,
  head: Head,
  update: Uint8Array,
  known: (clientId: number) => KnownStream | null,
  limits: UpdateLimits = defaultUpdateLimits,
): ParsedUpdate {
  const parsed = decode(update, (reader) => {
    const found = readUpdate({ hash, head, known, limits }, reader);
    // What follows a refusal is not read, and `decode` wants all bytes accounted for.
    if (!found.ok) reader.pos = update.length;
    return found;
  });
  return parsed ?? refused(updateRefusal("malformed"));
}

function readUpdate(receiver: Receiver, reader: Reader): ParsedUpdate {
  const clientCount = readVarUint(reader);
  if (clientCount > receiver.limits.maxClients) return refused(updateRefusal("too-many"));
  const runs: Run[] = [];
  let missing: UpdateRefusal | null = null;
  let structsLeft = receiver.limits.maxStructs;
  let previousClient = Number.POSITIVE_INFINITY;
  for (let index = 0; index < clientCount; index += 1) {
    const opening = { structs: readVarUint(reader), client: readVarUint(reader), clock: readVarUint(reader) };
    if (opening.client >= previousClient) return refused(updateRefusal("clients-unsorted"));
    previousClient = opening.client;
    structsLeft -= opening.structs;
    if (structsLeft < 0) return refused(updateRefusal("too-many"));
    const section = readSection(receiver, reader, opening);
    if (section.kind === "refused") return refused(section.refusal);
    if (section.kind === "run") runs.push(section.run);
    else missing ??= section.refusal;
  }
  if (readVarUint(reader) !== 0) return refused(updateRefusal("delete-set"));
  if (reader.pos !== reader.arr.length) return refused(updateRefusal("trailing-bytes"));
  return missing === null ? { ok: true, runs } : refused(missing);
}

interface Opening {
  readonly structs: number;
  readonly client: number;
  readonly clock: number;
}

/** `missing`: well-formed as far as one can see, but the receiver lacks what comes before. */
type ReadSection =
  | { readonly kind: "run"; readonly run: Run }
  | { readonly kind: "missing" | "refused"; readonly refusal: UpdateRefusal };

function readSection(receiver: Receiver, reader: Reader, { structs, client, clock }: Opening): ReadSection {
  if (structs === 0 || !Number.isSafeInteger(clock + structs)) return bad("malformed");
  let owner = receiver.known(client);
  const blocks: Uint8Array[] = [];
  for (let at = clock; at < clock + structs; at += 1) {
    const refusal = readPosition(reader, client, at);
    if (refusal !== null) return { kind: "refused", refusal };
    if (at === 0) {
      owner = readOwner(receiver, reader, client, owner);
      if (owner === null) return bad("wrong-array");
    }
    const length = readVarUint(reader);
    if (length > receiver.limits.maxBlockBytes) return bad("block-too-large");
    blocks.push(readBytes(reader, length));
  }
  if (owner === null) return { kind: "missing", refusal: updateRefusal("unknown-client") };
  const { stream, nextSeq } = owner;
  const firstSeq = clock + 1 + sealedCount(receiver.head, stream);
  if (!Number.isSafeInteger(firstSeq + structs)) return bad("malformed");
  if (firstSeq > nextSeq) return { kind: "missing", refusal: gapRefusal(stream, nextSeq - 1, firstSeq) };
  return { kind: "run", run: { stream, firstSeq, blocks } };
}

/** Reads where a struct hangs, up to the name of its array; null if that is the end of its client's own array. */
function readPosition(reader: Reader, client: number, clock: number): UpdateRefusal | null {
  const info = readByte(reader);
  if ((info & contentKindBits) !== contentBinary) return updateRefusal("bad-struct");
  if ((info & mapKeyBit) !== 0) return updateRefusal("wrong-array");
  const follows = (info & leftOriginBit) !== 0;
  if ((info & rightOriginBit) !== 0 || follows !== clock > 0) return updateRefusal("not-an-append");
  if (!follows) return null;
  const followsOwn = readVarUint(reader) === client && readVarUint(reader) === clock - 1;
  return followsOwn ? null : updateRefusal("not-an-append");
}

/** Reads the array that a client's first struct names; null unless it is the one that this client writes to. */
function readOwner(
  { hash, head }: Receiver,
  reader: Reader,
  client: number,
  known: KnownStream | null,
): KnownStream | null {
  if (readVarUint(reader) !== rootParent) return null;
  const name = readText(reader, reader.arr.length);
  if (known !== null) return name === known.stream ? known : null;
  if (parseStreamName(name) === null || clientIdOf(hash, name, head.number) !== client) return null;
  return { stream: name, nextSeq: sealedCount(head, name) + 1 };
}

function bad(code: Parameters<typeof updateRefusal>[0]): ReadSection {
  return { kind: "refused", refusal: updateRefusal(code) };
}

function refused(refusal: UpdateRefusal): ParsedUpdate {
  return { ok: false, refusal };
}

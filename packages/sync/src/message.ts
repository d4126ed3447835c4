import { bytesOfHex, toHex } from "@darksync/core/bytes";
import {
  decode,
  encode,
  Malformed,
  type Reader,
  readByte,
  readBytes,
  readCount,
  readLengthAndBytes,
  readText,
  readVarUint,
  type Writer,
  writeByte,
  writeBytes,
  writeLengthAndBytes,
  writeText,
  writeVarUint,
} from "@darksync/core/codec";
import { readStreamName, type StreamName, writeStreamName } from "@darksync/core/stream";
import { type LogName, maxLogNameBytes } from "@darksync/core/vector";

/** Version of the conversation between our clients and the relay; a test pins it to the messages' bytes. */
export const protocolVersion: number = 2;
/** Largest message, in bytes: one batch of blocks and its frame. */
export const maxMessageBytes: number = 2 * 1024 * 1024;
/** Blocks are sent in batches of about this many bytes. */
export const batchBytes: number = 512 * 1024;

/** A stream's last block as one side durably has it: `tag` is the first 8 bytes (hex) of its hash. */
export interface StreamHead {
  readonly stream: StreamName;
  readonly seq: number;
  readonly tag: string;
}

/** What a client opens with. */
export interface Hello {
  readonly type: "hello";
  readonly version: number;
  /** The client's space, or empty if it has none yet. */
  readonly space: string;
  /** Whether no relay ever acknowledged anything of that space: then it may join another one (P3). */
  readonly isNew: boolean;
  /** Public key, hex. */
  readonly device: string;
  /** Owners wanted; empty: all. */
  readonly only: readonly string[];
  /** Digest over all logs wanted (hex), so that nothing new takes one round trip. */
  readonly digest: string;
}

/** The relay's answer to `hello`; `logs` is empty when the digests are equal. */
export interface Welcome {
  readonly type: "welcome";
  readonly version: number;
  readonly space: string;
  readonly isEqual: boolean;
  readonly logs: readonly WelcomeLog[];
}

/** A log that the relay has. */
export interface WelcomeLog {
  readonly log: LogName;
  readonly digest: string;
  /** How many of its segments can be fetched (L6). */
  readonly head: number;
}

export type Message =
  | Hello
  | Welcome
  /** Send me what I lack of a log: a Yjs state vector of its head document. */
  | { readonly type: "ask"; readonly log: LogName; readonly stateVector: Uint8Array }
  /** Appends to a log's head document: a Yjs update. */
  | { readonly type: "update"; readonly log: LogName; readonly update: Uint8Array }
  /** The end of the answer to `ask`: all that the relay durably has of the log. */
  | { readonly type: "state"; readonly log: LogName; readonly heads: readonly StreamHead[] }
  /**
   * Durable now: the streams that moved (L5). `isAnswer`: it ends the answer to the client's own `update`; else it
   * follows blocks of others.
   */
  | {
      readonly type: "ack";
      readonly log: LogName;
      readonly heads: readonly StreamHead[];
      readonly isAnswer: boolean;
    }
  /** A block that is not admitted, for good (C3). */
  | {
      readonly type: "refused";
      readonly log: LogName;
      readonly stream: StreamName;
      readonly seq: number;
      readonly code: string;
      readonly reason: string;
      /** Ids of the changes that are to blame; empty: all of the block's. */
      readonly changes: readonly string[];
    }
  /** The conversation ends here, and why. */
  | { readonly type: "error"; readonly code: string; readonly reason: string; readonly hint: string }
  | { readonly type: "ping" }
  | { readonly type: "pong" };

const numbers = {
  hello: 0,
  welcome: 1,
  ask: 2,
  update: 3,
  state: 4,
  ack: 5,
  refused: 6,
  error: 7,
  ping: 8,
  pong: 9,
} as const satisfies Record<Message["type"], number>;

const digestBytes = 32;
const deviceBytes = 32;
/** Bytes of a block's hash in `state` and `ack`. */
export const tagBytes: number = 8;
const changeIdBytes = 32;
const maxWords = 1024;
const maxReasonBytes = 4096;
const maxLogs = 65_536;
const maxHeads = 65_536;

/** The bytes of a message. */
export function encodeMessage(message: Message): Uint8Array {
  return encode((writer) => {
    writeByte(writer, numbers[message.type]);
    writeBody(writer, message);
  });
}

function writeBody(writer: Writer, message: Message): void {
  switch (message.type) {
    case "hello":
      writeVarUint(writer, message.version);
      writeText(writer, message.space);
      writeByte(writer, message.isNew ? 1 : 0);
      writeBytes(writer, bytesOfHex(message.device));
      writeList(writer, message.only, writeText);
      writeBytes(writer, bytesOfHex(message.digest));
      return;
    case "welcome":
      writeVarUint(writer, message.version);
      writeText(writer, message.space);
      writeByte(writer, message.isEqual ? 1 : 0);
      writeList(writer, message.logs, (inner, { log, digest, head }) => {
        writeText(inner, log);
        writeBytes(inner, bytesOfHex(digest));
        writeVarUint(inner, head);
      });
      return;
    case "ask":
      writeText(writer, message.log);
      writeLengthAndBytes(writer, message.stateVector);
      return;
    case "update":
      writeText(writer, message.log);
      writeLengthAndBytes(writer, message.update);
      return;
    case "state":
      writeText(writer, message.log);
      writeList(writer, message.heads, writeHead);
      return;
    case "ack":
      writeText(writer, message.log);
      writeByte(writer, message.isAnswer ? 1 : 0);
      writeList(writer, message.heads, writeHead);
      return;
    case "refused":
      writeText(writer, message.log);
      writeStreamName(writer, message.stream);
      writeVarUint(writer, message.seq);
      writeText(writer, message.code);
      writeText(writer, message.reason);
      writeList(writer, message.changes, (inner, id) => writeBytes(inner, bytesOfHex(id)));
      return;
    case "error":
      writeText(writer, message.code);
      writeText(writer, message.reason);
      writeText(writer, message.hint);
      return;
    case "ping":
    case "pong":
      return;
  }
}

/** Reads a message; null if the bytes are none. */
export function decodeMessage(bytes: Uint8Array): Message | null {
  return bytes.length > maxMessageBytes ? null : decode(bytes, readMessage);
}

function readMessage(reader: Reader): Message {
  const number = readByte(reader);
  switch (number) {
    case numbers.hello:
      return readHello(reader);
    case numbers.welcome:
      return readWelcome(reader);
    case numbers.ask:
      return { type: "ask", log: readLog(reader), stateVector: readLengthAndBytes(reader, maxMessageBytes) };
    case numbers.update:
      return { type: "update", log: readLog(reader), update: readLengthAndBytes(reader, maxMessageBytes) };
    case numbers.state:
      return { type: "state", log: readLog(reader), heads: readList(reader, maxHeads, readHead) };
    case numbers.ack:
      return readAck(reader);
    case numbers.refused:
      return readRefused(reader);
    case numbers.error:
      return { type: "error", code: readWord(reader), reason: readReason(reader), hint: readReason(reader) };
    case numbers.ping:
      return { type: "ping" };
    case numbers.pong:
      return { type: "pong" };
    default:
      throw new Malformed(`message ${number}`);
  }
}

function readHello(reader: Reader): Hello {
  const version = readVarUint(reader);
  const space = readWord(reader);
  const isNew = readByte(reader) === 1;
  const device = toHex(readBytes(reader, deviceBytes));
  const only = readList(reader, maxLogs, readWord);
  return {
    type: "hello",
    version,
    space,
    isNew,
    device,
    only,
    digest: toHex(readBytes(reader, digestBytes)),
  };
}

function readWelcome(reader: Reader): Welcome {
  const version = readVarUint(reader);
  const space = readWord(reader);
  const isEqual = readByte(reader) === 1;
  const logs = readList(reader, maxLogs, (inner) => ({
    log: readLog(inner),
    digest: toHex(readBytes(inner, digestBytes)),
    head: readVarUint(inner),
  }));
  return { type: "welcome", version, space, isEqual, logs };
}

function readAck(reader: Reader): Message {
  const log = readLog(reader);
  const isAnswer = readByte(reader) === 1;
  return { type: "ack", log, isAnswer, heads: readList(reader, maxHeads, readHead) };
}

function readRefused(reader: Reader): Message {
  const log = readLog(reader);
  const stream = readStreamName(reader);
  const seq = readVarUint(reader);
  const code = readWord(reader);
  const reason = readReason(reader);
  const changes = readList(reader, maxHeads, (inner) => toHex(readBytes(inner, changeIdBytes)));
  return { type: "refused", log, stream, seq, code, reason, changes };
}

function writeHead(writer: Writer, head: StreamHead): void {
  writeStreamName(writer, head.stream);
  writeVarUint(writer, head.seq);
  writeBytes(writer, bytesOfHex(head.tag));
}

function readHead(reader: Reader): StreamHead {
  const stream = readStreamName(reader);
  const seq = readVarUint(reader);
  return { stream, seq, tag: toHex(readBytes(reader, tagBytes)) };
}

function writeList<Item>(
  writer: Writer,
  items: readonly Item[],
  write: (writer: Writer, item: Item) => void,
): void {
  writeVarUint(writer, items.length);
  for (const item of items) write(writer, item);
}

function readList<Item>(reader: Reader, maxCount: number, read: (reader: Reader) => Item): readonly Item[] {
  const items: Item[] = [];
  for (let count = readCount(reader, maxCount); count > 0; count -= 1) items.push(read(reader));
  return items;
}

function readLog(reader: Reader): LogName {
  return readText(reader, maxLogNameBytes);
}

function readWord(reader: Reader): string {
  return readText(reader, maxWords);
}

function readReason(reader: Reader): string {
  return readText(reader, maxReasonBytes);
}

import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  maxMessageBytes,
  protocolVersion,
} from "../src/message.js";
import { readRoomMessage } from "../src/room-message.js";

const hash = "0123456789abcdef".repeat(4);
const stream = `${"ab".repeat(32)}.${"cd".repeat(8)}`;
const heads = [{ stream, seq: 300, tag: "0102030405060708" }];

/** One of each message, each field of which says something. */
const samples: readonly Message[] = [
  {
    type: "hello",
    version: 1,
    space: "ab".repeat(16),
    isNew: true,
    device: hash,
    only: ["Acme"],
    digest: hash,
  },
  {
    type: "welcome",
    version: 1,
    space: "cd".repeat(16),
    isEqual: false,
    logs: [{ log: "auth", digest: hash, head: 300 }],
  },
  { type: "ask", log: "main/Acme", stateVector: new Uint8Array([1, 2, 3]) },
  { type: "update", log: "main/Acme", update: new Uint8Array([4, 5, 6, 7]) },
  { type: "state", log: "main/Acme", heads },
  { type: "ack", log: "main/Acme", heads, isAnswer: true },
  { type: "ack", log: "main/Acme", heads: [], isAnswer: false },
  { type: "refused", log: "main/Acme", stream, seq: 7, code: "fork", reason: "why ✓", changes: [hash] },
  { type: "error", code: "no-space", reason: "none", hint: "make one" },
  { type: "ping" },
  { type: "pong" },
];

/**
 * The conversation's bytes by the version of the protocol. If this test fails, older clients no longer understand the
 * messages: raise `protocolVersion` and write the new line, or undo the change.
 */
const pinned: Readonly<Record<number, string>> = {
  1: "bcb0ae74621db3badfb601c051a803aab10bfa339cee2d6f8883eb6f013d7397",
  2: "ed1672296b47ff9be1712edfeba5953d91c72503d639cf8917d4e31580ac2bb8",
};

test("M12: the protocol's version is pinned to the bytes of its messages", () => {
  const digest = createHash("sha256");
  for (const sample of samples) digest.update(encodeMessage(sample));
  expect(digest.digest("hex")).toBe(pinned[protocolVersion]);
});

test("M13: every message reads back as it was written", () => {
  for (const sample of samples) expect(decodeMessage(encodeMessage(sample)), sample.type).toEqual(sample);
});

test("M13: a message that is cut short or goes on is none", () => {
  for (const sample of samples) {
    const bytes = encodeMessage(sample);
    for (let end = 0; end < bytes.length; end += 1) {
      expect(decodeMessage(bytes.subarray(0, end)), `${sample.type} to ${end}`).toBeNull();
    }
    expect(decodeMessage(new Uint8Array([...bytes, 0]))).toBeNull();
  }
});

test("M14: mutated bytes never throw, and what is read of them can be written again", () => {
  const mutation = fc.record({
    sample: fc.nat(samples.length - 1),
    edits: fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(mutation, ({ sample, edits }) => {
      const message = samples[sample];
      if (message === undefined) return;
      const bytes = encodeMessage(message);
      for (const [at, value] of edits) bytes[at % bytes.length] = value;
      const read = decodeMessage(bytes);
      if (read !== null) expect(decodeMessage(encodeMessage(read))).toEqual(read);
      readRoomMessage(bytes);
    }),
    { numRuns: 3000 },
  );
});

test("M14: any bytes are a message or none, and too many are none", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      decodeMessage(bytes);
      readRoomMessage(bytes);
    }),
    { numRuns: 3000 },
  );
  expect(decodeMessage(new Uint8Array(maxMessageBytes + 1))).toBeNull();
  expect(readRoomMessage(new Uint8Array(maxMessageBytes + 1))).toBeNull();
});

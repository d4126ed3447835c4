import fc from "fast-check";
import * as encoding from "lib0/encoding";
import { describe, expect, test } from "vitest";
import {
  type BlockHeader,
  blockHash,
  decodeBlock,
  encodeUnsignedBlock,
  hashBytes,
  joinSignature,
  maxBlockBytes,
  openBlock,
  openBlockOf,
  packBlock,
  readPayload,
  signatureBytes,
} from "../src/block.js";
import { bytesOfHex, fromHex, toHex } from "../src/bytes.js";
import { decodeChange, encodeChange, maxChangeBytes } from "../src/change.js";
import {
  decode,
  encode,
  readByte,
  readCount,
  readLengthAndBytes,
  readText,
  readVarUint,
  writeByte,
  writeBytes,
  writeLengthAndBytes,
  writeText,
  writeVarUint,
} from "../src/codec.js";
import { Fold, problemOf } from "../src/fold.js";
import { nameOf, ownerOf, splitLocation } from "../src/location.js";
import type { Op } from "../src/op/op.js";
import { changeOf, indexOf, opId } from "../src/op-id.js";
import { parseStreamName } from "../src/stream.js";
import { readVector, writeVector } from "../src/vector.js";
import { MapFoldStore } from "./support/map-fold-store.js";
import { deviceKey, nameOp, newChange } from "./support/placed.js";
import { compression, foldPorts, seededNumbers } from "./support/ports.js";

const stream = `${deviceKey(1)}.${"02".repeat(8)}`;
const header: BlockHeader = {
  stream,
  seq: 2,
  prev: deviceKey(3),
  closes: { epoch: "04".repeat(8), seq: 1, hash: deviceKey(5) },
  auth: new Map([[stream, 1]]),
  seen: new Map([["main/Acme", new Map([[stream, 300]])]]),
};
const signature = new Uint8Array(signatureBytes);
const blockPorts = { hash: foldPorts.hash, compression };

function blockOf(changes: readonly Uint8Array[], differences: Partial<BlockHeader> = {}): Uint8Array {
  return joinSignature(encodeUnsignedBlock(blockPorts, { ...header, ...differences }, changes), signature);
}

const everyOp: readonly Op[] = [
  { type: "AddFn", head: "let ", tail: " = 1" },
  { type: "AddType", head: "type ", tail: " = Int64" },
  { type: "AddValue", head: "val ", tail: " = 🙂" },
  nameOp("Acme.a", "fn t1", [opId(deviceKey(9), 0), opId(deviceKey(8), 200)]),
  { type: "UnsetName", location: "Acme.``b c``", movedTo: "Acme.d", supersedes: [] },
  { type: "Deprecate", location: "Acme.a", message: "old", supersedes: [opId(deviceKey(7), 1)] },
  { type: "Undeprecate", location: "Acme.b", supersedes: [] },
  { type: "SetFile", path: "a.dark", skeleton: ["x", { location: "Acme.a", column: 2 }], supersedes: [] },
  { type: "Resolve", conflict: deviceKey(6), choice: "mine", rule: "" },
  { type: "Accept", conflict: deviceKey(6), supersedes: [opId(deviceKey(7), 1)] },
  { type: "Reopen", conflict: deviceKey(5), supersedes: [] },
  { type: "Merged", branch: "07".repeat(16), vector: new Map([[stream, 300]]), request: "r" },
  { type: "Unmerged", branch: "07".repeat(16), supersedes: [opId(deviceKey(7), 1)] },
];
const branchOps: readonly Op[] = [
  { type: "CreateBranch", parent: "07".repeat(16) },
  { type: "NameBranch", name: "fix/é", supersedes: [opId(deviceKey(7), 1)] },
  {
    type: "SetBase",
    logs: new Map([
      ["main/Acme", new Map([[stream, 300]])],
      [`branch/${"07".repeat(16)}`, new Map()],
    ]),
    supersedes: [opId(deviceKey(7), 1)],
  },
  { type: "ArchiveBranch", supersedes: [opId(deviceKey(7), 1)] },
  { type: "ShareBranch", member: "Ada", access: "write", supersedes: [] },
];
const restores: Op = { type: "RestoreBranch", supersedes: [opId(deviceKey(7), 1)] };
const authOps: readonly Op[] = [
  { type: "IntroduceDevice", member: "Ada", supersedes: [opId(deviceKey(7), 1)] },
  { type: "CreateNamespace", owner: "Acme", supersedes: [] },
];

/** Bytes near these: bits flipped, bytes set, cut, doubled or put in, numbers made long. */
function mutate(bytes: Uint8Array, below: (bound: number) => number): Uint8Array {
  let list = [...bytes];
  for (let times = 1 + below(3); times > 0; times -= 1) {
    const at = below(Math.max(list.length, 1));
    switch (below(7)) {
      case 0:
        list[at] = (list[at] ?? 0) ^ (1 << below(8));
        break;
      case 1:
        list[at] = below(256);
        break;
      case 2:
        list = list.slice(0, at);
        break;
      case 3:
        list.splice(at, 1 + below(4));
        break;
      case 4:
        list.splice(at, 0, ...list.slice(at, at + 1 + below(40)));
        break;
      case 5:
        list.splice(at, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, below(16));
        break;
      default:
        list.splice(at, 1, ...new Array<number>(below(200)).fill(0x80), below(128));
    }
  }
  return Uint8Array.from(list);
}

describe("C1 C2 hostile bytes", () => {
  test("C1.5 30,000 mutated changes: never a throw, and what is read is written and folded again", () => {
    const below = seededNumbers(1);
    const valid = [...everyOp, ...branchOps, restores, ...authOps].map((op, number) =>
      encodeChange(newChange(number, [op])),
    );
    valid.push(encodeChange(newChange(98, branchOps)), encodeChange(newChange(99, everyOp)));
    const kinds: Record<string, number> = { change: 0, unknown: 0, malformed: 0 };
    for (let round = 0; round < 30_000; round += 1) {
      const bytes = mutate(valid[round % valid.length] ?? new Uint8Array(), below);
      const decoded = decodeChange(bytes);
      kinds[decoded.type] = (kinds[decoded.type] ?? 0) + 1;
      if (decoded.type !== "change") continue;
      const { change } = decoded;
      expect(decodeChange(encodeChange(change))).toEqual(decoded);
      expect(Number.isSafeInteger(change.time.wallMs) && Number.isSafeInteger(change.time.counter)).toBe(
        true,
      );
      for (const log of ["main/Acme", "auth", `branch/${"08".repeat(16)}`]) {
        const fold = new Fold(new MapFoldStore(), foldPorts);
        const placed = { id: deviceKey(4), device: deviceKey(1), log, change };
        expect(fold.fold(placed)).toBe(problemOf(placed));
        fold.finish();
      }
    }
    for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(1000);
  });

  test("C2.5 30,000 mutated blocks: never a throw, and what is read is written again", () => {
    const below = seededNumbers(2);
    const long = encodeChange(newChange(1, [{ type: "AddFn", head: "", tail: "abc ".repeat(100) }]));
    const short = encodeChange(newChange(2, [nameOp("Acme.a", "nothing")]));
    const valid = [blockOf([short]), blockOf([long]), blockOf([long, long, short])];
    let read = 0;
    let payloads = 0;
    for (let round = 0; round < 30_000; round += 1) {
      const bytes = mutate(valid[round % valid.length] ?? new Uint8Array(), below);
      const block = decodeBlock(bytes);
      if (block === null) continue;
      read += 1;
      const changes = readPayload(compression, block);
      if (changes === null) continue;
      payloads += 1;
      const again = decodeBlock(joinSignature(encodeUnsignedBlock(blockPorts, block, changes), signature));
      expect(again).toMatchObject({
        stream: block.stream,
        seq: block.seq,
        auth: block.auth,
        seen: block.seen,
      });
    }
    expect(read).toBeGreaterThan(1000);
    expect(payloads).toBeGreaterThan(1000);
  });

  test("C1.5 C2.5 20,000 arbitrary byte strings: never a throw", () => {
    const below = seededNumbers(3);
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = Uint8Array.from({ length: below(150) }, () => below(256));
      if (round % 2 === 0 && bytes.length > 0) bytes[0] = 1;
      decodeChange(bytes);
      const block = decodeBlock(bytes);
      if (block !== null) readPayload(compression, block);
      const fake = { ...header, payload: bytes, payloadBytes: below(300), signature };
      for (const method of ["none", "deflate-raw", "brotli"] as const)
        readPayload(compression, { ...fake, method });
    }
  });

  test("C1.5 every cut of a change is malformed, and so is a byte too many", () => {
    const bytes = encodeChange(newChange(1, everyOp));
    for (let length = 1; length < bytes.length; length += 1)
      expect(decodeChange(bytes.subarray(0, length)).type).toBe("malformed");
    expect(decodeChange(Uint8Array.of(...bytes, 0)).type).toBe("malformed");
    expect(decodeChange(new Uint8Array()).type).toBe("unknown");
  });

  test("C2.5 every cut of a block is none", () => {
    const bytes = blockOf([encodeChange(newChange(1, everyOp.slice(3, 4)))]);
    for (let length = 0; length < bytes.length; length += 1)
      expect(decodeBlock(bytes.subarray(0, length))).toBeNull();
  });
});

describe("C1 C2 limits", () => {
  test("C1.6 numbers beyond 2^53 and numbers in endless padding are malformed, wherever they stand", () => {
    for (const digits of [
      [255, 255, 255, 255, 255, 255, 255, 31],
      [255, 255, 255, 255, 255, 255, 255, 127],
      [...new Array<number>(9).fill(128), 1],
      [...new Array<number>(150).fill(128), 0],
      [...new Array<number>(150).fill(128), 1],
    ]) {
      expect(decode(Uint8Array.from(digits), readVarUint)).toBeNull();
      expect(decode(Uint8Array.from(digits), (reader) => readCount(reader, 5))).toBeNull();
      expect(decode(Uint8Array.from(digits), (reader) => readText(reader, 5))).toBeNull();
      expect(decode(Uint8Array.from(digits), (reader) => readLengthAndBytes(reader, 5))).toBeNull();
      const time = Uint8Array.from([1, 1, 0, 0, 0, 0, 0, 0, ...digits, 0, 1, 1, 2, 0, 0]);
      expect(decodeChange(time).type).toBe("malformed");
    }
    const largest = encode((writer) => writeVarUint(writer, Number.MAX_SAFE_INTEGER));
    expect(decode(largest, readVarUint)).toBe(Number.MAX_SAFE_INTEGER);
    expect(decode(new Uint8Array(), readByte)).toBeNull();
  });

  test("C1.6 a count that promises more than there is room for is refused before anything is made", () => {
    const before = process.memoryUsage().heapUsed;
    for (const count of [2 ** 20, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const vector = encode((writer) => {
        writeVarUint(writer, count);
        writeBytes(writer, new Uint8Array(100));
      });
      expect(decode(vector, readVector)).toBeNull();
      const change = encode((writer) => {
        writeBytes(writer, Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 0, 0, 0));
        writeVarUint(writer, count);
      });
      expect(decodeChange(change).type).toBe("malformed");
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 2 ** 20);
  });

  test("C1.6 a text of 512 KiB passes, one byte more does not, whichever half it is in", () => {
    const limit = 512 * 1024;
    const read = (head: string, tail: string) => {
      const decoded = decodeChange(encodeChange(newChange(1, [{ type: "AddFn", head, tail }])));
      return decoded.type === "change" && problemOf({ log: "main/Acme", change: decoded.change }) === null;
    };
    expect(read("a".repeat(limit - 1), "b")).toBe(true);
    expect(read("", "é".repeat(limit / 2))).toBe(true);
    expect(read("🙂".repeat(limit / 4), "")).toBe(true);
    expect(read("a".repeat(limit), "b")).toBe(false);
    expect(read("a", "é".repeat(limit / 2))).toBe(false);
    expect(read("", "b".repeat(limit + 1))).toBe(false);
  });

  test("C1.6 8,192 ops are a change, one more is none", () => {
    const ops = Array.from({ length: 8193 }, (): Op => ({ type: "AddFn", head: "", tail: "" }));
    expect(decodeChange(encodeChange(newChange(1, ops.slice(1)))).type).toBe("change");
    expect(decodeChange(encodeChange(newChange(1, ops))).type).toBe("malformed");
  });

  test("C2.6 a block is at most 768 KiB, compressed or not: encoding more throws rather than sign it", () => {
    const below = seededNumbers(4);
    const noise = Uint8Array.from({ length: maxChangeBytes }, () => below(256));
    expect(() => blockOf([new Uint8Array(maxBlockBytes - 100)])).toThrow("do not fit");
    const bytes = blockOf([noise]);
    expect(bytes.length).toBeLessThan(maxBlockBytes);
    const largest = decodeBlock(bytes);
    expect(largest === null ? null : openBlock(blockPorts, largest)).not.toBeNull();
  });

  test("C2.6 a block that is larger than 768 KiB once expanded is none", () => {
    const small = decodeBlock(blockOf([encodeChange(newChange(1, everyOp))]));
    if (small === null) throw new Error("not a block");
    const opened = (payloadBytes: number) => {
      const payload = compression.compress("brotli", new Uint8Array(payloadBytes));
      return openBlock(blockPorts, { ...small, method: "brotli", payload, payloadBytes });
    };
    expect(opened(maxBlockBytes - 1024)).not.toBeNull();
    expect(opened(maxBlockBytes - 100)).toBeNull();
  });

  test("C2.3 the hash covers header, expanded payload and signature, and not how they are packed", () => {
    const changes = [encodeChange(newChange(1, everyOp)), encodeChange(newChange(2, everyOp))];
    const block = decodeBlock(blockOf(changes));
    const opened = block === null ? null : openBlock(blockPorts, block);
    if (block === null || opened === null) throw new Error("not a block");
    expect(block.method).toBe("brotli");
    const plain = { ...compression, compress: (_: unknown, bytes: Uint8Array) => bytes };
    const repacked = packBlock(plain, opened, changes.length);
    expect(decodeBlock(repacked)?.method).toBe("none");
    expect(blockHash(blockPorts, repacked)).toBe(opened.hash);
    const { header: head, expanded } = opened;
    for (const other of [
      openBlockOf(blockPorts.hash, { ...head, seq: 3 }, expanded, signature),
      openBlockOf(blockPorts.hash, head, expanded.subarray(1), signature),
      openBlockOf(
        blockPorts.hash,
        head,
        expanded,
        signature.map((byte) => byte ^ 1),
      ),
    ]) {
      expect(other?.hash).toMatch(/^[0-9a-f]{64}$/);
      expect(other?.hash).not.toBe(opened.hash);
    }
  });

  test("C2.8 a single change of less than a KiB is not compressed; what is larger, or many, is", () => {
    const methodOf = (...sizes: number[]) =>
      decodeBlock(blockOf(sizes.map((size) => new Uint8Array(size).fill(65))))?.method;
    expect([methodOf(1000), methodOf(1200), methodOf(5000), methodOf(300, 300)]).toEqual([
      "none",
      "deflate-raw",
      "brotli",
      "brotli",
    ]);
  });

  test("C2.6 a kilobyte of compressed nothing does not become a million changes", () => {
    const empties = (count: number) => {
      const raw = new Uint8Array(count);
      const payload = compression.compress("deflate-raw", raw);
      const block = decodeBlock(blockOf([encodeChange(newChange(1, everyOp))]));
      if (block === null) throw new Error("not a block");
      return readPayload(compression, { ...block, method: "deflate-raw", payload, payloadBytes: count });
    };
    expect(empties(maxBlockBytes / 16)).toHaveLength(maxBlockBytes / 16);
    expect(empties(maxBlockBytes / 16 + 1)).toBeNull();
    const smallest = encodeChange({
      rules: 1,
      nonce: "00".repeat(6),
      time: { wallMs: 0, counter: 0 },
      ops: [{ type: "AddFn", head: "", tail: "" }],
    });
    expect(smallest.length + 1).toBeGreaterThanOrEqual(16);
  });

  test("C2.6 a payload that is not as long as the block says is none", () => {
    const block = decodeBlock(blockOf([encodeChange(newChange(1, everyOp))]));
    if (block === null) throw new Error("not a block");
    expect(readPayload(compression, block)).toHaveLength(1);
    for (const off of [-1, 1]) {
      const lying = { ...block, payloadBytes: block.payloadBytes + off };
      expect(readPayload(compression, lying)).toBeNull();
    }
    expect(readPayload(compression, { ...block, payload: new Uint8Array(), payloadBytes: 0 })).toBeNull();
  });
});

describe("C1.7 texts", () => {
  test("C1.7 half a surrogate pair is refused where it is made, and cannot arrive", () => {
    for (const op of [
      { type: "AddFn", head: "\ud800", tail: "" },
      { type: "AddFn", head: "", tail: "\udc00x" },
      nameOp("Acme.\udc00", "fn t1"),
      { ...nameOp("Acme.a", "fn t1"), movedFrom: "Acme.\ud800" } as Op,
      { type: "Deprecate", location: "Acme.a", message: "\ud800", supersedes: [] },
      { type: "SetFile", path: "\ud800.dark", skeleton: [], supersedes: [] },
      { type: "SetFile", path: "a.dark", skeleton: ["\ud800"], supersedes: [] },
      { type: "SetFile", path: "a.dark", skeleton: [{ location: "Acme.\ud800", column: 0 }], supersedes: [] },
      { type: "Resolve", conflict: deviceKey(1), choice: "\ud800", rule: "" },
    ] satisfies Op[])
      expect(problemOf({ log: "main/Acme", change: newChange(1, [op]) })).not.toBeNull();
    const illFormed = encode((writer) => writeLengthAndBytes(writer, Uint8Array.of(0xed, 0xa0, 0x80)));
    expect(decode(illFormed, (reader) => readText(reader, 10))).toBeNull();
  });

  test("C1.7 a byte order mark, a NUL and line ends come back as they were", () => {
    const text = "\ufeffa\u0000\r\n\u2028🙂";
    expect(
      decode(
        encode((writer) => writeText(writer, text)),
        (reader) => readText(reader, 100),
      ),
    ).toBe(text);
  });

  const locations: readonly (readonly [string, readonly string[] | null])[] = [
    ["Acme.a", ["Acme", "a"]],
    ["Acme.M.N.a", ["Acme", "M", "N", "a"]],
    ["Acme.``a.b c``", ["Acme", "``a.b c``"]],
    ["``an owner``.M.``x``", ["``an owner``", "M", "``x``"]],
    ["Acme.𝒳", ["Acme", "𝒳"]],
    ["Acme.__proto__", ["Acme", "__proto__"]],
    ["Acme", null],
    ["", null],
    [".a", null],
    ["Acme.", null],
    ["Acme..a", null],
    ["Acme.a b", null],
    ["Acme.a`b", null],
    ["Acme.````", null],
    ["Acme.``a", null],
    ["Acme.``a`b``", null],
    ["Acme.``a\nb``", null],
    ["Acme.``a``b", null],
    ["Acme.x``a``", null],
    ["Acme.\ud800", null],
    [`Acme.${"a".repeat(1019)}`, ["Acme", "a".repeat(1019)]],
    [`Acme.${"a".repeat(1020)}`, null],
  ];
  test.each(locations)("C1.7 location %j", (location, segments) => {
    expect(splitLocation(location)).toEqual(segments);
    if (segments === null) expect(() => ownerOf(location)).toThrow("not a location");
    else expect([ownerOf(location), nameOf(location)]).toEqual([segments[0], segments.at(-1)]);
  });

  test("O7.2 names that objects have of themselves are names like others", () => {
    const store = new MapFoldStore();
    const fold = new Fold(store, foldPorts);
    const ops = ["__proto__", "constructor", "toString"].map((name) => nameOp(`Acme.${name}`, "fn t1"));
    expect(
      fold.fold({ id: deviceKey(1), device: deviceKey(2), log: "main/Acme", change: newChange(1, ops) }),
    ).toBeNull();
    expect(fold.finish().locations).toEqual(["Acme.__proto__", "Acme.constructor", "Acme.toString"]);
  });
});

describe("O7.1 changes of later versions", () => {
  const known = encodeChange(newChange(1, everyOp.slice(0, 1)));
  const time = newChange(1, []).time;
  const opAt = known.length - everyOpBytes(everyOp.slice(0, 1));

  test("O7.1 an unknown kind of op beside known ones: the whole change is unknown, with its time", () => {
    for (const first of [true, false]) {
      const op = known.subarray(opAt);
      const later = Uint8Array.of(...[200, 1, 3, 1, 2, 3]);
      const bytes = Uint8Array.of(
        ...known.subarray(0, opAt),
        ...(first ? later : op),
        ...(first ? op : later),
      );
      bytes[opAt - 1] = 2;
      expect(decodeChange(bytes)).toEqual({ type: "unknown", reason: "ops of kind 200", time });
    }
  });

  test("O7.1 newer merge rules, another format", () => {
    const newer = known.slice();
    newer[1] = 2;
    expect(decodeChange(newer)).toEqual({ type: "unknown", reason: "made under merge rules 2", time });
    newer[0] = 2;
    expect(decodeChange(newer)).toEqual({ type: "unknown", reason: "a change of format 2", time: null });
  });
});

function everyOpBytes(ops: readonly Op[]): number {
  const none = encodeChange(newChange(1, [])).length;
  return encodeChange(newChange(1, ops)).length - none;
}

function isWrittenAsByLib0(offset: number, text: string): boolean {
  const prefix = new Uint8Array(offset).fill(7);
  const bytes = new TextEncoder().encode(text);
  const ours = encode((writer) => {
    writeBytes(writer, prefix);
    writeText(writer, text);
    writeLengthAndBytes(writer, bytes);
    writeByte(writer, 9);
  });
  const theirs = encoding.encode((writer) => {
    encoding.writeUint8Array(writer, prefix);
    encoding.writeVarString(writer, text);
    encoding.writeVarUint8Array(writer, bytes);
    encoding.writeUint8(writer, 9);
  });
  return Buffer.compare(ours, theirs) === 0;
}

describe("encode", () => {
  const bytesFor = (text: string) => encode((writer) => writeText(writer, text));

  test("C1.8 nested calls each write their own bytes", () => {
    const nested = encode((outer) => {
      writeByte(outer, 1);
      const inner = encode((middle) => {
        writeByte(middle, 2);
        writeBytes(
          middle,
          encode((deepest) => writeByte(deepest, 3)),
        );
        writeByte(middle, 4);
      });
      writeBytes(outer, inner);
      writeByte(outer, 5);
    });
    expect([...nested]).toEqual([1, 2, 3, 4, 5]);
  });

  test("C1.8 a throw in the callback, nested or not, leaves nothing behind", () => {
    const expected = bytesFor("as ever");
    const boom = () => {
      throw new Error("boom");
    };
    expect(() =>
      encode((writer) => {
        writeText(writer, "left over");
        boom();
      }),
    ).toThrow("boom");
    expect(bytesFor("as ever")).toEqual(expected);
    const outer = encode((writer) => {
      writeByte(writer, 1);
      expect(() =>
        encode((inner) => {
          writeText(inner, "left over");
          boom();
        }),
      ).toThrow("boom");
      writeByte(writer, 2);
    });
    expect([...outer]).toEqual([1, 2]);
    expect(bytesFor("as ever")).toEqual(expected);
  });

  test("C1.8 what was encoded stays as it is when more is encoded", () => {
    const first = bytesFor("first");
    const copy = first.slice();
    bytesFor("other");
    expect(first).toEqual(copy);
    const large = encode((writer) => writeBytes(writer, new Uint8Array(200_000).fill(7)));
    expect(large).toEqual(new Uint8Array(200_000).fill(7));
    expect(bytesFor("first")).toEqual(copy);
    const exact = encode((writer) => writeBytes(writer, new Uint8Array(65_536).fill(8)));
    expect(exact).toHaveLength(65_536);
    expect(bytesFor("first")).toEqual(copy);
  });

  test("C1.8 texts and bytes are written as lib0 writes them, wherever they begin", () => {
    // Around where a length takes another byte, and where a buffer is full.
    const offsets = [0, 1, 65_000, 65_400, 65_530, 65_536];
    const counts = [1, 40, 42, 43, 64, 127, 128, 5461, 5462, 16_383, 16_384, 21_000, 21_900];
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 40 }), (random) => {
        expect(isWrittenAsByLib0(0, random)).toBe(true);
        expect(isWrittenAsByLib0(0, random.repeat(50))).toBe(true);
      }),
    );
    for (const offset of offsets)
      for (const count of counts)
        for (const unit of ["a", "\u00e9", "\ud800", "\u{1f600}"])
          expect(isWrittenAsByLib0(offset, unit.repeat(count)), `${offset} ${count} ${unit}`).toBe(true);
  });

  test("C1.8 a broken invariant of ours is thrown, not hidden", () => {
    expect(() => bytesOfHex("xy")).toThrow("not hex");
    expect(() =>
      decode(new Uint8Array(1), () => {
        throw new ReferenceError("ours");
      }),
    ).toThrow("ours");
  });
});

test("C1.3 op ids, stream names, hex and vectors go there and back", () => {
  const id = opId(deviceKey(1), 12);
  expect([changeOf(id), indexOf(id)]).toEqual([deviceKey(1), 12]);
  expect(changeOf(id)).toHaveLength(2 * hashBytes);
  expect(parseStreamName(stream)).toEqual({
    device: bytesOfHex(deviceKey(1)),
    epoch: bytesOfHex("02".repeat(8)),
  });
  for (const bad of [
    "",
    stream.slice(1),
    stream.toUpperCase().replaceAll("0", "A"),
    stream.replace(".", "0"),
  ])
    expect(parseStreamName(bad)).toBeNull();
  expect(fromHex("0g")).toBeNull();
  expect(fromHex("0")).toBeNull();
  expect(toHex(Uint8Array.of(0, 15, 255))).toBe("000fff");
  const streams = [3, 1, 2].map((key): [string, number] => [`${deviceKey(key)}.${"00".repeat(8)}`, key]);
  const bytes = encode((writer) => writeVector(writer, new Map(streams)));
  expect(encode((writer) => writeVector(writer, new Map([...streams].reverse())))).toEqual(bytes);
  expect(decode(bytes, readVector)).toEqual(new Map(streams));
});

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type BlockHeader,
  blockHash,
  decodeBlock,
  encodeUnsignedBlock,
  joinSignature,
  openBlock,
  readPayload,
  signedHash,
  streamRoot,
} from "../src/block.js";
import { bytesOfHex, toHex } from "../src/bytes.js";
import { type Change, changeId, decodeChange, encodeChange } from "../src/change.js";
import { mainBranch } from "../src/conflict.js";
import { contentHash } from "../src/content-hash.js";
import type { DefinitionKind } from "../src/definition.js";
import { knownOps, type Op, opNumber } from "../src/op/op.js";
import { previousOp } from "../src/op/set-name.js";
import { opId } from "../src/op-id.js";
import type { CompressionMethod } from "../src/ports.js";
import type { Seen, Vector } from "../src/vector.js";
import { MapFoldStore } from "./support/map-fold-store.js";
import { deviceKey, foldAll, nameOp, Scribe } from "./support/placed.js";
import { compression, sha256 } from "./support/ports.js";

// The golden files hold bytes that replicas in the field have: they are made once. `UPDATE_GOLDEN=1 npx vitest run
// packages/core/test/golden.test.ts` makes those that are missing; to change one, delete it first, and know why.
function golden<Content>(name: string, make: () => Content): Content {
  const file = new URL(`../../../test/golden/${name}.json`, import.meta.url);
  if (!existsSync(file)) {
    if (process.env.UPDATE_GOLDEN !== "1") throw new Error(`${name}.json is missing: see golden.test.ts`);
    writeFileSync(file, `${JSON.stringify(make(), mapsAsPairs, 2)}\n`);
  }
  return JSON.parse(readFileSync(file, "utf8"), pairsAsMaps) as Content;
}

// JSON has no maps: `{ "map": [[key, value], …] }` stands for one.
function mapsAsPairs(_: string, value: unknown): unknown {
  return value instanceof Map ? { map: [...value] } : value;
}

function pairsAsMaps(_: string, value: unknown): unknown {
  const isMap = typeof value === "object" && value !== null && Object.keys(value).join() === "map";
  return isMap ? new Map((value as { map: [unknown, unknown][] }).map) : value;
}

const device = "0123456789abcdef".repeat(4);
const log = "main/Acme";
const stream = `${device}.0011223344556677`;
const other = `${"fe".repeat(32)}.8899aabbccddeeff`;
const earlier = [opId("ab".repeat(32), 0), opId("cd".repeat(32), 300)];

const namesPrevious: Op = {
  type: "SetName",
  location: "Stripe.add",
  kind: "fn",
  target: previousOp,
  movedFrom: null,
  supersedes: earlier,
};

const ops: Readonly<Record<Op["type"], readonly Op[]>> = {
  AddFn: [{ type: "AddFn", head: "/// Adds — ε.\nlet ", tail: " (a: Int64) (b: Int64) : Int64 =\n  a + b" }],
  AddType: [{ type: "AddType", head: "type ", tail: " = { id: Int64; name: String }" }],
  AddValue: [{ type: "AddValue", head: "\ufeffval ", tail: ' = "🙂\u0000"' }],
  SetName: [
    {
      type: "SetName",
      location: "Stripe.charge",
      kind: "fn",
      target: "11".repeat(32),
      movedFrom: null,
      supersedes: [],
    },
    {
      type: "SetName",
      location: "Stripe.``an odd. name``",
      kind: "value",
      target: "22".repeat(32),
      movedFrom: "Stripe.V1.plain",
      supersedes: earlier,
    },
  ],
  UnsetName: [
    { type: "UnsetName", location: "Stripe.charge", movedTo: null, supersedes: earlier },
    { type: "UnsetName", location: "Stripe.a", movedTo: "Stripe.b", supersedes: [] },
  ],
  Deprecate: [
    { type: "Deprecate", location: "Stripe.charge", message: "use Stripe.V2.charge", supersedes: earlier },
  ],
  Undeprecate: [{ type: "Undeprecate", location: "Stripe.charge", supersedes: earlier }],
  SetFile: [
    {
      type: "SetFile",
      path: "stripe/charge.dark",
      skeleton: ["module Stripe\r\n\n", { location: "Stripe.charge", column: 2 }, "\n"],
      supersedes: earlier,
    },
  ],
  Resolve: [{ type: "Resolve", conflict: "33".repeat(32), choice: "theirs", rule: "prefer-theirs" }],
  IntroduceDevice: [{ type: "IntroduceDevice", member: "Ada Lovelace", supersedes: [] }],
  CreateNamespace: [{ type: "CreateNamespace", owner: "Stripe", supersedes: earlier }],
  Accept: [{ type: "Accept", conflict: "33".repeat(32), supersedes: [] }],
  Reopen: [{ type: "Reopen", conflict: "33".repeat(32), supersedes: earlier }],
  CreateBranch: [
    { type: "CreateBranch", parent: null },
    { type: "CreateBranch", parent: "44".repeat(16) },
  ],
  NameBranch: [{ type: "NameBranch", name: "ada/größe-2.0", supersedes: earlier }],
  SetBase: [
    { type: "SetBase", logs: new Map(), supersedes: [] },
    {
      type: "SetBase",
      logs: new Map([
        [`branch/${"44".repeat(16)}`, new Map([[stream, 1]])],
        ["main/Stripe", new Map()],
        [
          "main/Twilio",
          new Map([
            [stream, 70_000],
            [other, 2],
          ]),
        ],
      ]),
      supersedes: earlier,
    },
  ],
  ArchiveBranch: [{ type: "ArchiveBranch", supersedes: [] }],
  RestoreBranch: [{ type: "RestoreBranch", supersedes: earlier }],
  ShareBranch: [
    { type: "ShareBranch", member: "Ada Lovelace", access: "write", supersedes: [] },
    { type: "ShareBranch", member: "Ben", access: "read", supersedes: earlier },
    { type: "ShareBranch", member: "Cy", access: "none", supersedes: earlier },
  ],
  Merged: [
    { type: "Merged", branch: "44".repeat(16), vector: new Map(), request: "" },
    { type: "Merged", branch: "44".repeat(16), vector: new Map([[other, 130]]), request: "77".repeat(32) },
  ],
  Unmerged: [
    { type: "Unmerged", branch: "44".repeat(16), supersedes: [] },
    { type: "Unmerged", branch: "44".repeat(16), supersedes: earlier },
  ],
};

function change(...list: readonly Op[]): Change {
  return {
    rules: 1,
    nonce: "0a0b0c0d0e0f",
    time: { wallMs: 1_750_000_000_123, counter: 5 },
    ops: list,
  };
}

const changes: readonly { readonly name: string; readonly change: Change }[] = [
  ...Object.values(ops)
    .flat()
    .map((op, index) => ({ name: `${index} ${op.type}`, change: change(op) })),
  { name: "a save: a text and its name", change: change(...ops.AddFn, namesPrevious) },
  { name: "a rename", change: change(...ops.SetName.slice(1), ...ops.UnsetName.slice(1)) },
  { name: "without ops", change: change() },
];

interface GoldenChange {
  readonly name: string;
  readonly device: string;
  readonly log: string;
  readonly change: Change;
  readonly hex: string;
  readonly id: string;
}

describe("C1 golden changes", () => {
  const file = golden<GoldenChange[]>("changes", () =>
    changes.map((entry) => {
      const bytes = encodeChange(entry.change);
      return { ...entry, device, log, hex: toHex(bytes), id: changeId(sha256, device, log, bytes) };
    }),
  );

  test("C1.1 every kind of op is among them", () => {
    const numbers = file.flatMap((entry) => entry.change.ops.map(opNumber));
    expect([...new Set(numbers)].sort((left, right) => left - right).join(",")).toBe(knownOps);
    expect(file.map(({ name, change: known }) => ({ name, change: known }))).toEqual(changes);
  });

  test.each(file)("C1.1 $name: the same bytes, value and id", (entry) => {
    const bytes = bytesOfHex(entry.hex);
    expect(decodeChange(bytes)).toEqual({ type: "change", change: entry.change });
    expect(toHex(encodeChange(entry.change))).toBe(entry.hex);
    expect(changeId(sha256, entry.device, entry.log, bytes)).toBe(entry.id);
  });
});

interface GoldenBlock {
  readonly name: string;
  readonly method: CompressionMethod;
  readonly header: JsonHeader;
  readonly changes: readonly string[];
  readonly hex: string;
  /** What the signature is over. */
  readonly signed: string;
  readonly hash: string;
}

/** A header whose maps are lists of pairs. */
interface JsonHeader extends Omit<BlockHeader, "auth" | "seen"> {
  readonly auth: readonly (readonly [string, number])[];
  readonly seen: readonly (readonly [string, JsonHeader["auth"]])[];
}

function headerOf({ auth, seen, ...rest }: JsonHeader): BlockHeader {
  const vector = (pairs: JsonHeader["auth"]): Vector => new Map(pairs);
  const logs: Seen = new Map(seen.map(([log, pairs]) => [log, vector(pairs)]));
  return { ...rest, auth: vector(auth), seen: logs };
}

const plainHeader: JsonHeader = {
  stream,
  seq: 1,
  prev: "55".repeat(32),
  closes: null,
  auth: [],
  seen: [],
};
const fullHeader: JsonHeader = {
  ...plainHeader,
  seq: 70_000,
  closes: { epoch: "7766554433221100", seq: 12, hash: "66".repeat(32) },
  auth: [
    [stream, 3],
    [other, 1],
  ],
  seen: [
    ["main/Stripe", [[other, 130]]],
    [
      "main/Twilio",
      [
        [stream, 1],
        [other, 2],
      ],
    ],
  ],
};
const signature = new Uint8Array(64).map((_, index) => index);
const blockPorts = { hash: sha256, compression };
const repetitive = change({ type: "AddFn", head: "let ", tail: " = 1 + 1".repeat(200) });

const blocks: readonly Pick<GoldenBlock, "name" | "method" | "header">[] = [
  { name: "plain", method: "none", header: plainHeader },
  { name: "plain, with closing, auth and seen", method: "none", header: fullHeader },
  { name: "deflate, with closing, auth and seen", method: "deflate-raw", header: fullHeader },
  { name: "brotli, with closing, auth and seen", method: "brotli", header: fullHeader },
];

function changesOf(method: CompressionMethod): readonly Uint8Array[] {
  if (method === "none") return [encodeChange(change(nameOp("Stripe.charge", "fn t1")))];
  const one = encodeChange(repetitive);
  return method === "deflate-raw" ? [one] : [one, encodeChange(change(...ops.AddFn)), one];
}

describe("C2 golden blocks", () => {
  const file = golden<GoldenBlock[]>("blocks", () =>
    blocks.map((entry) => {
      const list = changesOf(entry.method);
      const unsigned = encodeUnsignedBlock(blockPorts, headerOf(entry.header), list);
      const block = joinSignature(unsigned, signature);
      return {
        ...entry,
        changes: list.map(toHex),
        hex: toHex(block),
        signed: toHex(unsigned.signed),
        hash: signedHash(sha256, unsigned.signed, signature),
      };
    }),
  );

  test("C2.1 all three ways of compression are among them", () => {
    expect(file.map(({ name, method, header }) => ({ name, method, header }))).toEqual(blocks);
  });

  test.each(file)("C2.1 $name: the same header, changes and hash", (entry) => {
    const bytes = bytesOfHex(entry.hex);
    const block = decodeBlock(bytes);
    if (block === null) throw new Error("not a block");
    const { method, payload, payloadBytes, signature: found, ...header } = block;
    expect(header).toEqual(headerOf(entry.header));
    expect(method).toBe(entry.method);
    expect(payloadBytes).toBeGreaterThanOrEqual(payload.length);
    expect(found).toEqual(signature);
    expect(readPayload(compression, block)?.map(toHex)).toEqual(entry.changes);
    expect(toHex(openBlock(blockPorts, block)?.signed ?? new Uint8Array())).toBe(entry.signed);
    expect(blockHash(blockPorts, bytes)).toBe(entry.hash);
  });

  test.each(file.filter(({ method }) => method === "none"))(
    "C2.1 $name: encodes to the same bytes",
    (entry) => {
      const unsigned = encodeUnsignedBlock(blockPorts, headerOf(entry.header), entry.changes.map(bytesOfHex));
      expect(toHex(joinSignature(unsigned, signature))).toBe(entry.hex);
    },
  );
});

describe("golden hashes", () => {
  const definitions: readonly {
    readonly kind: DefinitionKind;
    readonly head: string;
    readonly tail: string;
  }[] = [
    { kind: "fn", head: "let ", tail: " (a: Int64) : Int64 =\n  a" },
    { kind: "type", head: "type ", tail: " = Int64" },
    { kind: "value", head: "let ", tail: " (a: Int64) : Int64 =\n  a" },
    { kind: "fn", head: "", tail: "let  (a: Int64) : Int64 =\n  a" },
  ];

  function conflictId(): string {
    const scribe = new Scribe();
    const base = scribe.name(1, "Acme.a", "fn t0");
    scribe.name(1, "Acme.a", "fn t1", [base]);
    scribe.name(2, "Acme.a", "nothing", [base]);
    const store = new MapFoldStore();
    foldAll(store, scribe.changes);
    return store.conflictAt("Acme.a")?.id ?? "none";
  }

  const make = () => ({
    definitions: definitions.map((text) => ({ ...text, hash: contentHash(sha256, text) })),
    streamRoot: {
      space: "space-1",
      log: "main/Stripe",
      stream,
      hash: streamRoot(sha256, "space-1", "main/Stripe", stream),
    },
    conflict: { branch: mainBranch, id: conflictId() },
  });
  const file = golden("hashes", make);

  test("C2.3 C2.4 O5.1 content hashes, a stream's root and a conflict's id are what they were", () => {
    expect(make()).toEqual(file);
  });

  test("C1.4 kind and place of the name are part of what a content hash is over", () => {
    expect(new Set(file.definitions.map(({ hash }) => hash)).size).toBe(definitions.length);
  });

  test("C2.4 another log, space or stream has another root", () => {
    const roots = [
      streamRoot(sha256, "space-1", "main/Stripe", stream),
      streamRoot(sha256, "space-1", "main/Twilio", stream),
      streamRoot(sha256, "space-2", "main/Stripe", stream),
      streamRoot(sha256, "space-1main/", "Stripe", stream),
      streamRoot(sha256, "space-1", "main/Stripe", other),
    ];
    expect(new Set(roots).size).toBe(roots.length);
  });

  test("O5.1 the id is the hash of these parts, each after its length", () => {
    const scribe = new Scribe();
    const heads = [scribe.name(1, "Acme.a", "fn t1"), scribe.name(2, "Acme.a", "fn t2")].sort();
    const store = new MapFoldStore();
    foldAll(store, scribe.changes);
    const parts = ["darksync conflict 1", "main", "both-created", "1", "Acme.a", ...heads];
    const lengths = parts.flatMap((part) => [varUint(part.length), new TextEncoder().encode(part)]);
    expect(store.conflictAt("Acme.a")?.id).toBe(toHex(sha256(Buffer.concat(lengths))));
  });
});

function varUint(value: number): Uint8Array {
  return value < 128 ? Uint8Array.of(value) : Uint8Array.of(128 | (value & 127), value >> 7);
}

test("C1.2 the bytes of a small change, field by field", () => {
  const op = nameOp("A.b", "nothing", [opId(deviceKey(0xee), 5)]);
  const bytes = encodeChange({
    rules: 1,
    nonce: "010203040506",
    time: { wallMs: 200, counter: 3 },
    ops: [op],
  });
  expect(toHex(bytes)).toBe(
    [
      "01", // format
      "01", // rules
      "010203040506", // nonce
      "c801", // wall, milliseconds
      "03", // counter
      "01", // number of ops
      "05", // kind of op: UnsetName
      "27", // bytes of the op
      "03412e62", // location
      "00", // movedTo: none
      "01", // number of ops superseded
      "ee".repeat(32), // the change of the op superseded
      "05", // its index
    ].join(""),
  );
});

import { type Change, decodeChange, encodeChange } from "@darksync/core/change";
import type { PlacedEffect } from "@darksync/core/fold";
import type { Op } from "@darksync/core/op/op";
import { previousOp } from "@darksync/core/op/set-name";
import { textOfOp } from "@darksync/core/op/text-of-op";
import { opId } from "@darksync/core/op-id";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyHistory } from "../../core/test/support/history.js";
import { deviceKey, newChange, type PlacedBytes, place } from "../../core/test/support/placed.js";
import { sha256 } from "../../core/test/support/ports.js";
import { readChange } from "../src/replica/read-change.js";
import {
  changesIn,
  type SealedChange,
  SealedChangesBuilder,
  sealedText,
} from "../src/replica/sealed-changes.js";

const anyId = fc.nat(9).map((number) => opId(number.toString(16).repeat(64), number));
const anyKind = fc.constantFrom("fn", "type", "value");
const brings = { fn: "AddFn", type: "AddType", value: "AddValue" } as const;

/** Saves, and what is nearly one. */
const anyChange: fc.Arbitrary<Change> = fc
  .record({
    number: fc.nat(99),
    kind: anyKind,
    otherKind: fc.option(anyKind, { freq: 9 }),
    tail: fc.constantFrom("", " = 1L", " = \u{1f980}"),
    movedFrom: fc.constantFrom(null, null, null, "Acme.old"),
    hash: fc.constantFrom(previousOp, previousOp, previousOp, "7".repeat(64)),
    supersedes: fc.uniqueArray(anyId, { maxLength: 3 }),
    more: fc.constantFrom(0, 0, 0, 1),
  })
  .map(({ number, kind, otherKind, tail, movedFrom, hash: target, supersedes, more }) => {
    const name: Op = {
      type: "SetName",
      location: "Acme.a",
      kind: otherKind ?? kind,
      target,
      movedFrom,
      supersedes,
    };
    const last: readonly Op[] =
      more === 0 ? [] : [{ type: "Deprecate", location: "Acme.b", message: "", supersedes }];
    return newChange(number, [{ type: brings[kind], head: "let ", tail }, name, ...last]);
  });

const anyPlaced: fc.Arbitrary<readonly PlacedBytes[]> = fc.oneof(
  fc
    .array(fc.tuple(anyChange, fc.constantFrom("main/Acme", "main/Acme", "branch/1")))
    .map((changes) => changes.map(([change, log]) => place(deviceKey(1), log, encodeChange(change)))),
  anyHistory(20).map(({ changes }) => changes),
  fc
    .array(fc.uint8Array({ minLength: 1, maxLength: 20 }))
    .map((all) => all.map((bytes) => place(deviceKey(2), "main/Acme", bytes))),
);

function withoutTexts(effects: readonly PlacedEffect[] | string): unknown {
  if (typeof effects === "string") return effects;
  return effects.map(({ index, effect }) => ({
    index,
    effect: effect.type === "text" ? { ...effect, text: null } : effect,
  }));
}

test("R97: changes come out of columns as they were read, but for the texts, which are read where they lie", () => {
  fc.assert(
    fc.property(anyPlaced, (placed) => {
      const builder = new SealedChangesBuilder();
      const body = new Uint8Array(placed.reduce((sum, { bytes }) => sum + bytes.length, 7));
      const expected: SealedChange[] = [];
      let at = 7;
      for (const { device, log, bytes } of placed) {
        body.set(bytes, at);
        const { id, time, effects } = readChange(sha256, device, log, bytes);
        expected.push({ id, time, effects, at, byteCount: bytes.length });
        at += bytes.length;
      }
      for (const change of expected) builder.add(change);
      const columns = structuredClone(builder.columns());
      const half = expected.length >> 1;
      const found = [...changesIn(columns, 0, half), ...changesIn(columns, half, expected.length - half)];
      expect(found).toEqual(expected.map((change) => ({ ...change, effects: withoutTexts(change.effects) })));
      for (const [index, change] of found.entries()) {
        const decoded = decodeChange(placed[index]?.bytes ?? new Uint8Array(0));
        if (decoded.type !== "change") continue;
        for (const [number, op] of decoded.change.ops.entries()) {
          const text = textOfOp(op);
          if (text !== null) expect(sealedText(body, change, opId(change.id, number))).toEqual(text);
        }
      }
    }),
    { numRuns: 200 },
  );
});

import { toHex } from "@darksync/core/bytes";
import { currentRules, encodeChange, nonceBytes } from "@darksync/core/change";
import { previousOp } from "@darksync/core/op/set-name";
import { eachEdit, seeded } from "./payload.ts";

/** `count` edits as encoded changes of two ops each, text and name: what all sides write, byte for byte the same. */
export function changeBytes(seed: number, count: number): readonly Uint8Array[] {
  const random = seeded(seed);
  const encoded: Uint8Array[] = [];
  for (const { location, text } of eachEdit(seed, count, count)) {
    const { kind, head, tail } = text;
    const change = encodeChange({
      rules: currentRules,
      nonce: toHex(Uint8Array.from({ length: nonceBytes }, () => Math.floor(256 * random()))),
      time: { wallMs: 1_750_000_000_000 + encoded.length, counter: 0 },
      ops: [
        { type: "AddFn", head, tail },
        { type: "SetName", location, kind, target: previousOp, movedFrom: null, supersedes: [] },
      ],
    });
    encoded.push(change);
  }
  return encoded;
}

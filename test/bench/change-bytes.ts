import { toHex } from "@darksync/core/bytes";
import { currentRules, encodeChange, nonceBytes } from "@darksync/core/change";
import { previousOp } from "@darksync/core/op/set-name";
import { edits, seeded } from "./payload.ts";

/** `count` edits as encoded changes of two ops each, text and name: what all sides write, byte for byte the same. */
export function changeBytes(seed: number, count: number): readonly Uint8Array[] {
  const random = seeded(seed);
  return edits(seed, count, count).map(({ location, text: { kind, head, tail } }, index) =>
    encodeChange({
      rules: currentRules,
      nonce: toHex(Uint8Array.from({ length: nonceBytes }, () => Math.floor(256 * random()))),
      time: { wallMs: 1_750_000_000_000 + index, counter: 0 },
      ops: [
        { type: "AddFn", head, tail },
        { type: "SetName", location, kind, target: previousOp, movedFrom: null, supersedes: [] },
      ],
    }),
  );
}

import { toHex } from "@darksync/core/bytes";
import { changeId, currentRules, encodeChange } from "@darksync/core/change";
import { encode, writeByte, writeBytes, writeLengthAndBytes, writeVarUint } from "@darksync/core/codec";
import { writeTimestamp } from "@darksync/core/hlc";
import { applyChangeBundle } from "@darksync/runtime/replica/change-bundle";
import { readFacts } from "@darksync/runtime/replica/replica";
import { isWanted } from "@darksync/sync/wanted";
import type { Chance } from "../chance.ts";
import { describe } from "../device.ts";
import type { Move } from "../move.ts";
import { deviceUp } from "../places.ts";

/** A change that this version would never make; the device has it as if another version had left it. */
function foreignChange(
  name: string,
  weight: number,
  bytesFor: (chance: Chance, atMs: number) => Uint8Array,
): Move {
  return {
    name,
    kind: "intent",
    weight,
    run: (world, chance) => {
      const device = deviceUp(world, chance);
      if (device === null) return;
      const bytes = bytesFor(chance, world.agenda.nowMs);
      const log = chance.pick(["main/Acme", "main/Beta"]);
      if (!isWanted(log, device.read(readFacts).only)) return;
      void device.act(`${name} in ${log}`, async (replica) => {
        const { space } = replica.store.read(readFacts);
        const bundle = { space, device: replica.device, changes: [{ log, bytes }] };
        const id = changeId(replica.hash, replica.device, log, bytes);
        return describe(await applyChangeBundle(replica, bundle), () => id.slice(0, 8));
      });
    },
  };
}

/** A newer version writes an op that this one does not know, or under newer rules. */
export const newerOpMove: Move = foreignChange("newer-op", 2, (chance, atMs) =>
  encode((writer) => {
    writeByte(writer, 1);
    writeVarUint(writer, chance.percent(70) ? currentRules : currentRules + 1);
    writeBytes(writer, chance.bytes(6));
    writeTimestamp(writer, { wallMs: atMs, counter: 0 });
    writeVarUint(writer, 1);
    writeVarUint(writer, 900 + chance.below(3));
    writeLengthAndBytes(writer, chance.bytes(chance.below(40)));
  }),
);

/** A newer version writes a change of a format that this one does not know. */
export const newerFormatMove: Move = foreignChange("newer-format", 1, (chance) =>
  Uint8Array.from([2 + chance.below(3), ...chance.bytes(chance.between(1, 60))]),
);

/** A version with a bug writes a change that breaks a rule: the relay refuses it for good. */
export const invalidChangeMove: Move = foreignChange("invalid-change", 2, (chance, atMs) =>
  encodeChange({
    rules: currentRules,
    nonce: toHex(chance.bytes(6)),
    time: { wallMs: atMs, counter: 0 },
    ops: [{ type: "UnsetName", location: "Elsewhere.x", movedTo: null, supersedes: [] }],
  }),
);

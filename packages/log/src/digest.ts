import { toHex } from "@darksync/core/bytes";
import { encode, writeText, writeVarUint } from "@darksync/core/codec";
import type { Hash } from "@darksync/core/ports";
import { type LogName, type Vector, writeVector } from "@darksync/core/vector";

/** Hex digest of what is held of a log. Equal for equal vectors, whatever their order; a stream of 0 counts as none. */
export function vectorDigest(hash: Hash, log: LogName, vector: Vector): string {
  return toHex(
    hash(
      encode((writer) => {
        writeText(writer, "darksync vector digest 1");
        writeText(writer, log);
        writeVector(writer, new Map([...vector].filter(([, seq]) => seq > 0)));
      }),
    ),
  );
}

/**
 * Hex digest over the `vectorDigest` of every log: two sides that find theirs equal at a reconnect have nothing to
 * tell each other. Only logs that hold a block belong in it, or an empty log would look like a difference.
 */
export function spaceDigest(hash: Hash, digests: ReadonlyMap<LogName, string>): string {
  return toHex(
    hash(
      encode((writer) => {
        writeText(writer, "darksync space digest 1");
        writeVarUint(writer, digests.size);
        for (const log of [...digests.keys()].sort()) {
          writeText(writer, log);
          writeText(writer, digests.get(log) ?? "");
        }
      }),
    ),
  );
}

import { type Change, changeId, decodeChange } from "@darksync/core/change";
import { effectsOfChange, type PlacedEffect } from "@darksync/core/fold";
import type { Timestamp } from "@darksync/core/hlc";
import type { ChangeId } from "@darksync/core/op-id";
import type { Hash } from "@darksync/core/ports";
import type { LogName } from "@darksync/core/vector";

/** A change with all that follows from its bytes and its place alone. */
export interface ReadChange {
  readonly id: ChangeId;
  /** Null if it cannot be read. */
  readonly time: Timestamp | null;
  /** What it does, or why it is set aside (O7). */
  readonly effects: readonly PlacedEffect[] | string;
}

/** Reads a change; `change` is null where it cannot be read. */
export function readChange(
  hash: Hash,
  device: string,
  log: LogName,
  bytes: Uint8Array,
): ReadChange & { readonly change: Change | null } {
  const id = changeId(hash, device, log, bytes);
  const decoded = decodeChange(bytes);
  switch (decoded.type) {
    case "change": {
      const { change } = decoded;
      return { id, time: change.time, effects: effectsOfChange(hash, { device, log, change }), change };
    }
    case "unknown":
      return { id, time: decoded.time, effects: decoded.reason, change: null };
    case "malformed":
      return { id, time: null, effects: decoded.reason, change: null };
  }
}

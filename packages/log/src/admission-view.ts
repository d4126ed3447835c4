import type { Problem } from "@darksync/core/result";
import type { StreamName } from "@darksync/core/stream";
import type { Vector } from "@darksync/core/vector";

/** A stream as the receiver holds it. */
export interface StreamState {
  /** Last block held; 0 if none is. */
  readonly seq: number;
  /** Hex hash of that block; `streamRoot` if `seq` is 0. */
  readonly hash: string;
  /** The auth vector that block was written under: the maximum over the `auth` of every block up to it. */
  readonly auth: Vector;
  /** Last block that counts, if the device has closed this epoch (C3). */
  readonly closedAt: number | null;
}

/** Whether a device may write. `wait`: the receiver lacks auth ops that the block was written under. */
export type Authority =
  | { readonly kind: "allowed" }
  | { readonly kind: "wait" }
  | { readonly kind: "refused"; readonly problem: Problem };

/** What admission reads of the receiver, for one log of one space. */
export interface AdmissionView {
  stream(name: StreamName): StreamState;
  /** Hex hash of a block held, null if it is not known any more; at seq 0 the stream's root. */
  hashAt(name: StreamName, seq: number): string | null;
  /** May this device (hex key) write this log, judged at the auth vector that its block was written under? */
  authority(device: string, auth: Vector): Authority;
}

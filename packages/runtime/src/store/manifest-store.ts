import type { LogName } from "@darksync/core/vector";

/** What a relay says it has sealed of each log (L6): its signed manifests. */
export interface ManifestStore {
  /** The bytes of a log's manifest; null if nothing of the log is sealed. */
  get(log: LogName): Uint8Array | null;
  /** Replaces a log's manifest. What it names must be in the same transaction or in an earlier one. */
  set(log: LogName, bytes: Uint8Array): void;
}

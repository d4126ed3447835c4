import type { LogName } from "@darksync/core/vector";
import type { ManifestStore } from "../store/manifest-store.js";
import { type Journal, JournaledMap } from "./journal.js";

/** A relay's manifests, in memory. */
export class MemoryManifests implements ManifestStore {
  readonly #manifests: JournaledMap<LogName, Uint8Array>;

  constructor(journal: Journal) {
    this.#manifests = new JournaledMap(journal);
  }

  get(log: LogName): Uint8Array | null {
    return this.#manifests.get(log) ?? null;
  }

  set(log: LogName, bytes: Uint8Array): void {
    this.#manifests.set(log, bytes.slice());
  }
}

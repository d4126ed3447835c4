import type { BlockPorts } from "@darksync/core/block";
import { SealedBlocks } from "../store/sealed-blocks.js";
import type { RelaySpaces, RelayStore, RelayTables } from "../store/store.js";
import { Journal } from "./journal.js";
import { MemoryBlocks } from "./memory-blocks.js";
import { MemoryManifests } from "./memory-manifests.js";
import { MemoryMeta } from "./memory-meta.js";
import { MemorySegments, noPorts } from "./memory-segments.js";
import { MemoryStore } from "./memory-store.js";

/** A relay's store in memory: nothing ever makes it lose what was written. */
class MemoryRelayStore extends MemoryStore<RelayTables> implements RelayStore {
  durable(): Promise<void> {
    return Promise.resolve();
  }
}

/** A relay's store of one space in memory. Without `ports` it can hold no blocks of segments. */
export function memoryRelayStore(ports: BlockPorts = noPorts): MemoryRelayStore {
  const journal = new Journal();
  const segments = new MemorySegments(journal);
  const blocks = new MemoryBlocks(journal, segments, new SealedBlocks(ports, "send"));
  return new MemoryRelayStore(journal, {
    meta: new MemoryMeta(journal),
    blocks,
    segments,
    manifests: new MemoryManifests(journal),
  });
}

/** The spaces of a relay in memory. */
export function memoryRelaySpaces(ports: BlockPorts = noPorts): RelaySpaces {
  const stores = new Map<string, RelayStore>();
  return {
    list: () => [...stores.keys()].sort(),
    open: (space) => stores.get(space) ?? null,
    create: (space) => {
      const known = stores.get(space);
      if (known !== undefined) return known;
      const store = memoryRelayStore(ports);
      stores.set(space, store);
      return store;
    },
    close: () => undefined,
  };
}

import type { RelaySpaces, RelayStore, RelayTables } from "../store/store.js";
import { Journal } from "./journal.js";
import { MemoryBlocks } from "./memory-blocks.js";
import { MemoryMeta } from "./memory-meta.js";
import { MemoryStore } from "./memory-store.js";

/** A relay's store of one space in memory. */
export function memoryRelayStore(): MemoryStore<RelayTables> {
  const journal = new Journal();
  return new MemoryStore(journal, { meta: new MemoryMeta(journal), blocks: new MemoryBlocks(journal) });
}

/** The spaces of a relay in memory. */
export function memoryRelaySpaces(): RelaySpaces {
  const stores = new Map<string, RelayStore>();
  return {
    list: () => [...stores.keys()].sort(),
    open: (space) => stores.get(space) ?? null,
    create: (space) => {
      const known = stores.get(space);
      if (known !== undefined) return known;
      const store = memoryRelayStore();
      stores.set(space, store);
      return store;
    },
    close: () => undefined,
  };
}

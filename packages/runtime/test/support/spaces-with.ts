import type { RelaySpaces, RelayStore } from "../../src/store/store.js";

/** Relay spaces whose stores do some things otherwise. */
export function spacesWith(
  spaces: RelaySpaces,
  otherwise: (store: RelayStore) => Partial<RelayStore>,
): RelaySpaces {
  return {
    list: () => spaces.list(),
    create: (id) => spaces.create(id),
    close: () => spaces.close(),
    open: (id) => {
      const store = spaces.open(id);
      if (store === null) return null;
      return {
        read: (work) => store.read(work),
        write: (work) => store.write(work),
        close: () => store.close(),
        durable: () => store.durable(),
        ...otherwise(store),
      };
    },
  };
}

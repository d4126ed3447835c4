import { type RelaySpaces, StoreError } from "../../src/store/store.js";

/** Spaces whose stores fail at a write after they were armed, and at all that follow. */
export function failingWrites(
  spaces: RelaySpaces,
  failing: number,
): { readonly spaces: RelaySpaces; arm(): void; disarm(): void } {
  let writes = 0;
  let isArmed = false;
  return {
    arm: () => {
      isArmed = true;
    },
    disarm: () => {
      isArmed = false;
      writes = 0;
    },
    spaces: {
      list: () => spaces.list(),
      create: (id) => spaces.create(id),
      close: () => spaces.close(),
      open: (id) => {
        const store = spaces.open(id);
        if (store === null) return null;
        return {
          read: (work) => store.read(work),
          close: () => store.close(),
          durable: () => store.durable(),
          write: async (work) => {
            // The first write is the client's; those after it are the sealer's.
            writes += isArmed ? 1 : 0;
            if (writes > failing) throw new StoreError("disk-full", "the disk is full", "make room");
            return store.write(work);
          },
        };
      },
    },
  };
}

import { type RelaySpaces, StoreError } from "../../src/store/store.js";
import { spacesWith } from "./spaces-with.js";

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
    spaces: spacesWith(spaces, (store) => ({
      write: async (work) => {
        // The first write is the client's; those after it are the sealer's.
        writes += isArmed ? 1 : 0;
        if (writes > failing) throw new StoreError("disk-full", "the disk is full", "make room");
        return store.write(work);
      },
    })),
  };
}

import { type RelayStore, StoreError } from "../store/store.js";

/** A relay's copy of a space is not what was written: nothing of it is told or taken until it was repaired (L5). */
export class SpaceDamaged extends StoreError {
  /** The space's id. */
  readonly space: string;

  constructor(space: string, reason: string) {
    super(
      "database-corrupt",
      `the relay's copy of the space ${space} is not what was written (${reason})`,
      "repair it from its good parts; the space's clients bring the rest",
    );
    this.space = space;
  }
}

/** Whether an error says that a store is damaged. */
export function isDamage(error: unknown): error is StoreError {
  return error instanceof StoreError && error.code === "database-corrupt";
}

/**
 * The store, whose damage is told to `onDamage` wherever it shows, before it is thrown to whoever met it. `damage`: once
 * it gives one nothing counts as durable any more, so that nobody claims it.
 */
export function watchedStore(
  store: RelayStore,
  onDamage: (error: StoreError) => void,
  damage: () => SpaceDamaged | null,
): RelayStore {
  const tell = (error: unknown) => {
    if (isDamage(error)) onDamage(error);
    return error;
  };
  return {
    write: (work) =>
      store.write(work).catch((error: unknown) => {
        throw tell(error);
      }),
    read: (work) => {
      try {
        return store.read(work);
      } catch (error) {
        throw tell(error);
      }
    },
    durable: async () => {
      await store.durable();
      const found = damage();
      if (found !== null) throw found;
    },
    close: () => store.close(),
  };
}

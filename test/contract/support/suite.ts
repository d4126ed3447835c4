import type { ReplicaStore, ReplicaTables } from "@darksync/runtime/store/store";
import { afterEach, beforeEach, describe } from "vitest";
import { adapters, type Opened } from "./adapters.js";

/** What a test of the contract works with: a fresh replica's store of one adapter. */
export interface Bench {
  write<Value>(work: (tables: ReplicaTables) => Value): Promise<Value>;
  read<Value>(work: (tables: ReplicaTables) => Value): Value;
  store(): ReplicaStore;
  reopen(): void;
}

/** Runs the same tests over every adapter. */
export function describeStores(title: string, tests: (bench: Bench) => void): void {
  describe.each(adapters)(`${title} ($name)`, (adapter) => {
    let opened: Opened<ReplicaStore>;
    beforeEach(() => {
      opened = adapter.replica();
    });
    afterEach(() => opened.dispose());
    tests({
      write: (work) => opened.store.write(work),
      read: (work) => opened.store.read(work),
      store: () => opened.store,
      reopen: () => {
        opened.reopen();
      },
    });
  });
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blockPorts } from "@darksync/node/crypto";
import { openRelaySpaces } from "@darksync/node/sqlite/relay-spaces";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { memoryRelaySpaces } from "@darksync/runtime/memory/relay-spaces";
import { memoryReplicaStore } from "@darksync/runtime/memory/replica-store";
import type { RelaySpaces, ReplicaStore } from "@darksync/runtime/store/store";

/** A store under test, opened anew at will. */
export interface Opened<Store> {
  readonly store: Store;
  /** Closes it and opens it again, as after a restart. */
  reopen(): Store;
  dispose(): void;
}

/** One adapter of the store ports. */
export interface Adapter {
  readonly name: string;
  replica(): Opened<ReplicaStore>;
  spaces(): Opened<RelaySpaces>;
}

const sqlite: Adapter = {
  name: "SQLite",
  replica: () => onDisk((folder) => openReplicaStore(join(folder, "replica.db"))),
  spaces: () => onDisk((folder) => openRelaySpaces(join(folder, "spaces"))),
};

const memory: Adapter = {
  name: "memory",
  replica: () => inMemory(memoryReplicaStore(blockPorts)),
  spaces: () => inMemory(memoryRelaySpaces(blockPorts)),
};

export const adapters: readonly Adapter[] = [sqlite, memory];

function onDisk<Store extends { close(): void }>(open: (folder: string) => Store): Opened<Store> {
  const folder = mkdtempSync(join(tmpdir(), "darksync-store-"));
  let store = open(folder);
  return {
    get store() {
      return store;
    },
    reopen: () => {
      store.close();
      store = open(folder);
      return store;
    },
    dispose: () => {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function inMemory<Store extends { close(): void }>(store: Store): Opened<Store> {
  return { store, reopen: () => store, dispose: () => store.close() };
}

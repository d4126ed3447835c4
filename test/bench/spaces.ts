import { closeSync, cpSync, fsyncSync, mkdirSync, openSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "@darksync/core/bytes";
import type { Signer } from "@darksync/core/ports";
import { darklang } from "@darksync/language/darklang";
import { systemRandom } from "@darksync/node/crypto";
import { createDeviceKey, readDeviceKey } from "@darksync/node/device-key";
import { OutboxFile } from "@darksync/node/outbox-file";
import { replicaPorts } from "@darksync/node/process-ports";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { type DefinitionToSave, saveAll } from "@darksync/runtime/edit/save";
import { StoreWithOutbox } from "@darksync/runtime/outbox/store-with-outbox";
import { newSpaceId } from "@darksync/runtime/relay/relay";
import { createReplica } from "@darksync/runtime/replica/create-space";
import { openReplica, type Replica } from "@darksync/runtime/replica/replica";

const common = { ...replicaPorts, language: darklang };

/** Makes a space in a folder, as `darklang init` does. */
export async function makeSpace(
  folder: string,
  member: string,
  durability: "full" | "normal" = "full",
): Promise<Replica> {
  const dir = join(folder, ".darklang");
  mkdirSync(dir, { recursive: true });
  const signer = createDeviceKey(join(dir, "device.key"));
  const store = await openStore(dir, signer, { create: true, durability });
  const replica = await openReplica({ ...common, store, signer });
  const made = { space: newSpaceId(systemRandom), member, owners: ["Acme"], relay: null, only: [] };
  const created = await createReplica(replica, made);
  if (!created.ok) throw new Error(created.problem.message);
  return replica;
}

/** Opens the space of a folder. */
export async function openSpaceIn(folder: string, durability: "full" | "normal" = "full"): Promise<Replica> {
  const dir = join(folder, ".darklang");
  const signer = readDeviceKey(join(dir, "device.key"));
  if (!signer.ok) throw new Error(signer.problem.message);
  const store = await openStore(dir, signer.value, { durability });
  return openReplica({ ...common, store, signer: signer.value });
}

/** With its outbox, as the command opens it: keeping that is part of what a save costs. */
async function openStore(
  dir: string,
  signer: Signer,
  options: { readonly create?: boolean; readonly durability: "full" | "normal" },
): Promise<StoreWithOutbox> {
  const store = new StoreWithOutbox(openReplicaStore(join(dir, "space.db"), options), {
    ...common,
    device: toHex(signer.publicKey),
    journal: new OutboxFile(join(dir, "outbox")),
    afterTurn: setImmediate,
    onTrouble: (error) => {
      throw error;
    },
  });
  await store.bringUpToDate();
  return store;
}

/** A copy of a closed space, or of one file of it, on disk: else whoever writes to it first would wait for that. */
export function copySpace(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  const paths = statSync(to).isFile()
    ? [to]
    : readdirSync(to, { recursive: true, encoding: "utf8" }).map((path) => join(to, path));
  for (const path of paths) if (statSync(path).isFile()) flush(path);
}

function flush(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Saves definitions, one change each, `batch` in a transaction. */
export async function saveInBatches(
  replica: Replica,
  definitions: readonly DefinitionToSave[],
  batch: number,
): Promise<void> {
  for (let start = 0; start < definitions.length; start += batch) {
    const saved = await saveAll(replica, definitions.slice(start, start + batch));
    if (!saved.ok) throw new Error(saved.problem.message);
  }
}

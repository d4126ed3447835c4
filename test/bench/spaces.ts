import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { darklang } from "@darksync/language/darklang";
import { systemRandom } from "@darksync/node/crypto";
import { createDeviceKey, readDeviceKey } from "@darksync/node/device-key";
import { replicaPorts } from "@darksync/node/process-ports";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { type DefinitionToSave, saveAll } from "@darksync/runtime/edit/save";
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
  const store = openReplicaStore(join(dir, "space.db"), { create: true, durability });
  const replica = await openReplica({ ...common, store, signer: createDeviceKey(join(dir, "device.key")) });
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
  const store = openReplicaStore(join(dir, "space.db"), { durability });
  return openReplica({ ...common, store, signer: signer.value });
}

/** A copy of a closed space. */
export function copySpace(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
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

import type { Signer } from "@darksync/core/ports";
import { type RebuiltSpace, rebuildSpace } from "@darksync/runtime/relay/rebuild-space";
import { RelaySalvage } from "@darksync/runtime/relay/relay-salvage";
import { openPorts } from "../crypto.js";
import { Connection } from "./connection.js";
import { forgetDamage } from "./damage-note.js";
import {
  finishRebuilding,
  openDamagedRelayStore,
  rebuildingPath,
  removeRebuilding,
  replaceDatabase,
  setAside,
} from "./damaged-database.js";
import { openDatabase } from "./open-database.js";
import { relayTablesOver } from "./relay-tables.js";
import { relaySchema } from "./schema.js";
import { SqliteStore } from "./sqlite-store.js";

/** A relay's damaged database. */
export interface DamagedSpace {
  readonly path: string;
  /** The id of its space. */
  readonly space: string;
  /** The relay's key. */
  readonly signer: Signer;
  /** For the name of what is set aside. */
  readonly time: string;
}

/** What a repair came to. */
export interface RepairedSpace {
  /** Null if nothing could be read: the relay begins anew with the first client that has the space. */
  readonly rebuilt: RebuiltSpace | null;
  /** Where the damaged database is kept. */
  readonly kept: string | null;
}

/**
 * Makes a relay's database anew from its good parts, beside the damaged one, which is set aside when the new one is
 * whole. The relay must not be running. Interrupted at any point, it can be called again.
 */
export async function repairRelaySpace(
  { path, space, signer, time }: DamagedSpace,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<RepairedSpace> {
  removeRebuilding(path);
  const rebuilt = await makeOrRemove(path, space, signer, onProgress);
  if (rebuilt === null) {
    const kept = setAside(path, time);
    forgetDamage(path);
    return { rebuilt, kept };
  }
  finishRebuilding(path);
  const kept = replaceDatabase(path, time);
  forgetDamage(path);
  return { rebuilt, kept };
}

/** What cannot be made whole takes no room: the disk may be full of it. Null if there is nothing to make it from. */
async function makeOrRemove(
  path: string,
  space: string,
  signer: Signer,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<RebuiltSpace | null> {
  let isMade = false;
  try {
    const rebuilt = await makeAnew(path, space, signer, onProgress);
    isMade = rebuilt !== null && rebuilt.blocks > 0;
    return isMade ? rebuilt : null;
  } finally {
    if (!isMade) removeRebuilding(path);
  }
}

async function makeAnew(
  path: string,
  space: string,
  signer: Signer,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<RebuiltSpace | null> {
  const damaged = openDamagedRelayStore(path);
  if (damaged === null) return null;
  const fresh = new Connection(openDatabase(rebuildingPath(path), relaySchema, { durability: "normal" }));
  const store = new SqliteStore(path, fresh, relayTablesOver(fresh, "read"));
  try {
    return await rebuildSpace({ ...openPorts, signer }, space, new RelaySalvage(damaged), store, onProgress);
  } finally {
    store.close();
    damaged.close();
  }
}

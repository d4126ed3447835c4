import { toHex } from "@darksync/core/bytes";
import type { Signer } from "@darksync/core/ports";
import { OutboxFile } from "@darksync/node/outbox-file";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { StoreWithOutbox } from "@darksync/runtime/outbox/store-with-outbox";
import { commonPorts } from "./common-ports.js";
import { paint } from "./paint.js";
import type { SpacePaths } from "./space.js";

/** Opens a space's database together with its outbox, which is brought up to it. */
export async function openStore(
  paths: SpacePaths,
  signer: Signer,
  create: boolean,
): Promise<StoreWithOutbox> {
  const store = new StoreWithOutbox(openReplicaStore(paths.database, { create }), {
    ...commonPorts,
    device: toHex(signer.publicKey),
    journal: new OutboxFile(paths.outbox),
    onTrouble: warnOfOutbox,
  });
  await store.bringUpToDate();
  return store;
}

let isWarned = false;

function warnOfOutbox(error: unknown): void {
  if (!(error instanceof Error)) throw error;
  if (isWarned) return;
  isWarned = true;
  process.stderr.write(
    `${paint.hint("warning:")} the outbox, the second copy of unsent work, could not be written: ${error.message}\n`,
  );
}

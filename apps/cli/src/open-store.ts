import { toHex } from "@darksync/core/bytes";
import type { Signer } from "@darksync/core/ports";
import { keepReserve } from "@darksync/node/disk-room";
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
  let isReadOnly = false;
  const onReadOnly = () => {
    isReadOnly = true;
    warn("this space cannot be written; what is in it can be read");
  };
  const store = new StoreWithOutbox(openReplicaStore(paths.database, { create, onReadOnly }), {
    ...commonPorts,
    device: toHex(signer.publicKey),
    journal: new OutboxFile(paths.outbox),
    onTrouble: warnOfOutbox,
    afterTurn: setImmediate,
  });
  if (isReadOnly) return store;
  try {
    await store.bringUpToDate();
  } catch (error) {
    store.close();
    throw error;
  }
  makeReserve(paths);
  return store;
}

// It is made for later: what somebody does now goes on without.
function makeReserve({ reserve }: SpacePaths): void {
  try {
    keepReserve(reserve);
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    warn(`the reserve, which keeps room for a way out of a full disk, could not be made: ${error.message}`);
  }
}

let isWarned = false;

function warnOfOutbox(error: unknown): void {
  if (!(error instanceof Error)) throw error;
  if (isWarned) return;
  isWarned = true;
  warn(`the outbox, the second copy of unsent work, could not be written: ${error.message}`);
}

function warn(what: string): void {
  process.stderr.write(`${paint.hint("warning:")} ${what}\n`);
}

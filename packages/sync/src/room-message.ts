import {
  decode,
  encode,
  readLengthAndBytes,
  readVarUint,
  writeLengthAndBytes,
  writeText,
  writeVarUint,
} from "@darksync/core/codec";
import { maxMessageBytes } from "./message.js";

// Numbers of y-websocket and y-protocols (github.com/yjs/y-protocols, PROTOCOL.md).
const messageSync = 0;
const messageAwareness = 1;
const messageAuth = 2;
const messageQueryAwareness = 3;
const syncMessageStep1 = 0;
const syncMessageStep2 = 1;
const syncMessageUpdate = 2;
const authPermissionDenied = 0;

/** What a stock Yjs provider says in a room. */
export type RoomMessage =
  | { readonly type: "syncStep1"; readonly stateVector: Uint8Array }
  /** Step 2 of the handshake or a live update: both are appends to us. */
  | { readonly type: "update"; readonly update: Uint8Array }
  | { readonly type: "awareness"; readonly update: Uint8Array }
  | { readonly type: "queryAwareness" };

/** Reads a provider's message; null if it is none. */
export function readRoomMessage(bytes: Uint8Array): RoomMessage | null {
  if (bytes.length > maxMessageBytes) return null;
  return decode<RoomMessage | null>(bytes, (reader) => {
    switch (readVarUint(reader)) {
      case messageSync:
        return readVarUint(reader) === syncMessageStep1
          ? { type: "syncStep1", stateVector: readLengthAndBytes(reader, maxMessageBytes) }
          : { type: "update", update: readLengthAndBytes(reader, maxMessageBytes) };
      case messageAwareness:
        return { type: "awareness", update: readLengthAndBytes(reader, maxMessageBytes) };
      case messageQueryAwareness:
        return { type: "queryAwareness" };
      default:
        return null;
    }
  });
}

/** Asks a provider for what is not in this state vector. */
export function syncStep1(stateVector: Uint8Array): Uint8Array {
  return syncMessage(syncMessageStep1, stateVector);
}

/** Answers a provider's step 1; it counts as synced then. */
export function syncStep2(update: Uint8Array): Uint8Array {
  return syncMessage(syncMessageStep2, update);
}

/** A live update. */
export function syncUpdate(update: Uint8Array): Uint8Array {
  return syncMessage(syncMessageUpdate, update);
}

function syncMessage(step: number, bytes: Uint8Array): Uint8Array {
  return encode((writer) => {
    writeVarUint(writer, messageSync);
    writeVarUint(writer, step);
    writeLengthAndBytes(writer, bytes);
  });
}

/** Passes awareness (cursors, names) on. */
export function awarenessMessage(update: Uint8Array): Uint8Array {
  return encode((writer) => {
    writeVarUint(writer, messageAwareness);
    writeLengthAndBytes(writer, update);
  });
}

/** Tells a provider that something it sent was refused; the stock one prints the reason. */
export function permissionDenied(reason: string): Uint8Array {
  return encode((writer) => {
    writeVarUint(writer, messageAuth);
    writeVarUint(writer, authPermissionDenied);
    writeText(writer, reason);
  });
}

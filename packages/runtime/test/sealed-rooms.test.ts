import { firstHead } from "@darksync/log/head";
import { encodeAppends } from "@darksync/log/update";
import { sha256 } from "@darksync/node/crypto";
import type { Relay } from "@darksync/runtime/relay/relay";
import type { RelaySpace } from "@darksync/runtime/relay/relay-space";
import { RoomConnection, sealedCode } from "@darksync/runtime/relay/room-connection";
import type { Goodbye } from "@darksync/runtime/transport";
import { readRoomMessage, syncStep1, syncStep2, syncUpdate } from "@darksync/sync/room-message";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { type LogWriter, log, sealingSpace } from "./support/log-writer.js";

const perSegment = 4;

function setUp(): Promise<{ readonly relay: Relay; readonly space: RelaySpace; readonly writer: LogWriter }> {
  return sealingSpace(perSegment);
}

/** A stock Yjs provider in a room. */
class Guest {
  readonly doc = new Y.Doc();
  goodbye: Goodbye | null = null;
  isSynced = false;
  readonly denied: Uint8Array[] = [];
  readonly #room: RoomConnection;

  constructor(relay: Relay, space: RelaySpace, number: number, doc?: Y.Doc) {
    if (doc !== undefined) Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(doc));
    const head = space.history.headAt(log, number);
    if (head === null) throw new Error(`no head ${number}`);
    const connection = {
      send: (bytes: Uint8Array) => this.#receive(bytes),
      drained: async () => {},
      close: (why?: Goodbye) => {
        this.goodbye ??= why ?? { code: 1000, reason: "" };
      },
    };
    this.#room = new RoomConnection(relay, space, log, head, connection, new Set());
  }

  ask(): void {
    this.#room.onMessage(syncStep1(Y.encodeStateVector(this.doc)));
  }

  send(update: Uint8Array): void {
    this.#room.onMessage(syncUpdate(update));
  }

  leave(): void {
    this.#room.onClose();
  }

  /** How many blocks its document shows. */
  get blockCount(): number {
    return [...this.doc.share.keys()].reduce((sum, name) => sum + this.doc.getArray(name).length, 0);
  }

  #receive(bytes: Uint8Array): void {
    const message = readRoomMessage(bytes);
    if (message?.type === "syncStep1") {
      const update = Y.encodeStateAsUpdate(this.doc, message.stateVector);
      if (update.length > 2) this.#room.onMessage(syncStep2(update));
    } else if (message?.type === "update") {
      Y.applyUpdate(this.doc, message.update);
      for (const name of this.doc.share.keys()) this.doc.getArray(name);
      this.isSynced = true;
    } else this.denied.push(bytes);
  }
}

async function settled(relay: Relay): Promise<void> {
  await relay.sealed();
  await relay.idle();
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("R74 a room shows the blocks since its seal, and those that come", async () => {
  const { relay, space, writer } = await setUp();
  await writer.write(perSegment + 2);
  await settled(relay);
  const guest = new Guest(relay, space, 1);
  guest.ask();
  await settled(relay);
  expect(guest.isSynced).toBe(true);
  expect(guest.blockCount).toBe(2);
  await writer.write(1);
  await settled(relay);
  expect(guest.blockCount).toBe(3);
  expect(space.history.headAt(log, 2)).toBeNull();
});

test("R74 a provider appends in the live room, whichever that is", async () => {
  const { relay, space, writer } = await setUp();
  for (const number of [0, 1]) {
    const guest = new Guest(relay, space, number);
    guest.ask();
    await settled(relay);
    const run = await writer.next();
    guest.send(encodeAppends(sha256, space.history.headAt(log, number) ?? firstHead, [run]));
    await settled(relay);
    expect(space.held(log).tips.get(writer.stream)?.seq).toBe(run.firstSeq);
    expect([guest.denied, guest.goodbye]).toEqual([[], null]);
    guest.leave();
    await writer.write(perSegment - 1);
    await settled(relay);
  }
});

test("R74 who is in a room is told when it is sealed", async () => {
  const { relay, space, writer } = await setUp();
  const guest = new Guest(relay, space, 0);
  await writer.write(perSegment - 1);
  await settled(relay);
  expect(guest.goodbye).toBeNull();
  await writer.write(1);
  await settled(relay);
  expect(guest.goodbye).toEqual({ code: sealedCode, reason: "sealed, next: 1" });
  expect(guest.blockCount).toBe(perSegment);
});

test("R74 a sealed room stays readable up to its seal, and hears nothing new", async () => {
  const { relay, space, writer } = await setUp();
  await writer.write(2 * perSegment + 1);
  await settled(relay);
  for (const [number, count] of [
    [0, perSegment],
    [1, perSegment],
    [2, 1],
  ] as const) {
    const guest = new Guest(relay, space, number);
    guest.ask();
    await settled(relay);
    expect([number, guest.blockCount, guest.goodbye]).toEqual([number, count, null]);
  }
  const old = new Guest(relay, space, 0);
  old.ask();
  await writer.write(1);
  await settled(relay);
  expect([old.blockCount, old.goodbye]).toEqual([perSegment, null]);
});

test("R74 an append to a sealed room is answered by the next head's number; what is held already is not one", async () => {
  const { relay, space, writer } = await setUp();
  const early = new Guest(relay, space, 0);
  await writer.write(perSegment + 1);
  await settled(relay);
  const back = new Guest(relay, space, 0, early.doc);
  back.ask();
  back.send(Y.encodeStateAsUpdate(early.doc));
  await settled(relay);
  expect([back.goodbye, back.denied]).toEqual([null, []]);
  const run = await writer.next();
  back.send(encodeAppends(sha256, firstHead, [run]));
  await settled(relay);
  expect(back.goodbye).toEqual({ code: sealedCode, reason: "sealed, next: 1" });
  expect(space.held(log).tips.get(writer.stream)?.seq).toBe(perSegment + 1);
});

test("R74 a room that goes on beyond what the relay holds is asked for what lies between", async () => {
  const { relay, space, writer } = await setUp();
  await writer.write(perSegment);
  await settled(relay);
  const guest = new Guest(relay, space, 1);
  const [first, second] = [await writer.next(), await writer.next()];
  const head = space.history.headAt(log, 1) ?? firstHead;
  Y.applyUpdate(
    guest.doc,
    encodeAppends(sha256, head, [{ ...first, blocks: [...first.blocks, ...second.blocks] }]),
  );
  guest.send(encodeAppends(sha256, head, [second]));
  await settled(relay);
  expect(space.held(log).tips.get(writer.stream)?.seq).toBe(perSegment + 2);
});

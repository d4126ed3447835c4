import { blockHash } from "@darksync/core/block";
import type { StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import { RoomConnection } from "@darksync/runtime/relay/room-connection";
import { syncStep1 } from "@darksync/sync/room-message";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { readSyncMessage } from "y-protocols/sync";
import * as Y from "yjs";
import type { Check } from "../check.ts";
import { blockPorts } from "../device.ts";
import { pass } from "../pass.ts";
import { contentOf, type RoomGuest } from "../room-guest.ts";
import type { World } from "../world.ts";

const calmMs = 30_000;

/**
 * L3, L6: who has a stock Yjs client in the room of a log sees there each block since its seal, in its place, and what
 * is appended there is on the relay. Who comes later finds in each sealed room what was sealed of it.
 */
export const rooms: Check = {
  name: "rooms",
  end: async (world) => {
    if (world.guests.length === 0) return null;
    for (const guest of world.guests) if (!guest.isIn) guest.enter();
    await pass(world, calmMs);
    for (const guest of world.guests) {
      const wrong =
        lostAppend(world, guest) ?? otherContent(world, guest) ?? (await otherRooms(world, guest.log));
      if (wrong !== null) return `${guest.name}: ${wrong}`;
    }
    return null;
  },
};

function lostAppend(world: World, { log, stream, blocks, denied }: RoomGuest): string | null {
  const held = hashesOf(world, log, stream, 0, blocks.length);
  const own = blocks.map((bytes) => blockHash(blockPorts, bytes));
  const lost = own.findIndex((hash, at) => held[at] !== hash);
  if (lost < 0) return null;
  return `block ${lost + 1} that it appended to ${log} is not on the relay (${denied.join("; ")})`;
}

function otherContent(world: World, guest: RoomGuest): string | null {
  const live = headsOf(world, guest.log).length - 1;
  if (!guest.isSynced || guest.head.number !== live)
    return `it is in ${guest.log}@${guest.head.number}, ${guest.isSynced ? "" : "not "}synced, and the live one is ${live}`;
  return differences(world, guest.log, live, guest.content);
}

/** Everything that the rooms of a log show to who comes now. */
async function otherRooms(world: World, log: LogName): Promise<string | null> {
  const entered = world.mainRelay.relay;
  const space = entered?.space(world.devices[0]?.space ?? "") ?? null;
  if (entered === null || space === null) return "the relay is not there";
  const docs = headsOf(world, log).map((_, number) => {
    const doc = new Y.Doc();
    const head = space.history.headAt(log, number);
    if (head === null) throw new Error(`no head ${number} of ${log}`);
    const send = (bytes: Uint8Array) => apply(doc, bytes);
    const connection = { send, drained: async () => {}, close: () => {} };
    const room = new RoomConnection(entered, space, log, head, connection, new Set());
    room.onMessage(syncStep1(Y.encodeStateVector(doc)));
    return { doc, number, room };
  });
  await pass(world, calmMs);
  for (const { room } of docs) room.onClose();
  for (const { doc, number } of docs) {
    const wrong = differences(world, log, number, contentOf(doc));
    if (wrong !== null) return wrong;
  }
  return null;
}

function apply(doc: Y.Doc, bytes: Uint8Array): void {
  const decoder = decoding.createDecoder(bytes);
  if (decoding.readVarUint(decoder) === 0) readSyncMessage(decoder, encoding.createEncoder(), doc, null);
}

/** How far a log is sealed before each of its rooms, by the relay's rows; the last one is the live one. */
function headsOf(world: World, log: LogName): readonly Vector[] {
  const space = world.mainRelay.relay?.space(world.devices[0]?.space ?? "") ?? null;
  const { number } = space?.history.head(log) ?? { number: 0 };
  return Array.from(
    { length: number + 1 },
    (_, before) => space?.history.headAt(log, before)?.sealed ?? new Map(),
  );
}

function differences(
  world: World,
  log: LogName,
  number: number,
  content: ReadonlyMap<StreamName, readonly Uint8Array[]>,
): string | null {
  const heads = headsOf(world, log);
  const [from, to] = [heads[number] ?? new Map(), heads[number + 1] ?? null];
  const tips =
    world.mainRelay.stored(world.devices[0]?.space ?? "", ({ blocks }) => blocks.tips(log)) ?? new Map();
  for (const stream of new Set([...tips.keys(), ...content.keys()])) {
    const last = to === null ? (tips.get(stream)?.seq ?? 0) : (to.get(stream) ?? 0);
    const expected = hashesOf(world, log, stream, from.get(stream) ?? 0, last);
    const shown = (content.get(stream) ?? []).map((bytes) => blockHash(blockPorts, bytes));
    if (shown.join() !== expected.join())
      return `${log}@${number} shows ${shown.length} blocks of ${stream}, and has ${expected.length}`;
  }
  return null;
}

function hashesOf(
  world: World,
  log: LogName,
  stream: StreamName,
  after: number,
  last: number,
): readonly (string | null)[] {
  const hashes = world.mainRelay.stored(world.devices[0]?.space ?? "", ({ blocks }) =>
    Array.from({ length: Math.max(0, last - after) }, (_, index) =>
      blocks.hashAt(log, stream, after + index + 1),
    ),
  );
  return hashes ?? [];
}

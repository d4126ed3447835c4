// The physical limit for a relay: appends what comes into a room, passes on what came in one turn of the event loop as
// one message, and acknowledges. Arguments: folder of data; `fsync` (before the acknowledgement) or `no-fsync`.
import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type WebSocket, WebSocketServer } from "ws";
import { packRows, unpackRows } from "./raw-message.ts";
import { RawRoomStore } from "./raw-room-store.ts";

/** Those who are in a room, and what goes to them at the end of this turn. */
interface Room {
  readonly sockets: Set<WebSocket>;
  waiting: { readonly rows: readonly Uint8Array[]; readonly sender: WebSocket }[];
}

const [dir = ".", durability] = process.argv.slice(2);
mkdirSync(dir, { recursive: true });
const store = new RawRoomStore(join(dir, "raw.db"), durability === "fsync");
const rooms = new Map<string, Room>();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("listening", () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ event: "listening", url: `http://127.0.0.1:${port}` }));
});

server.on("connection", (socket, request) => {
  const name = request.url ?? "";
  const room: Room = rooms.get(name) ?? { sockets: new Set(), waiting: [] };
  rooms.set(name, room);
  room.sockets.add(socket);
  socket.on("message", (data: Buffer, isBinary) => {
    if (!isBinary) {
      socket.send(packRows(store.after(name, Number(data.toString()))));
      return;
    }
    const rows = unpackRows(data);
    store.write(name, rows);
    if (room.waiting.length === 0) setImmediate(passOn, room);
    room.waiting.push({ rows, sender: socket });
    socket.send("ack");
  });
  socket.on("close", () => {
    room.sockets.delete(socket);
    if (room.sockets.size === 0) rooms.delete(name);
  });
});

function passOn(room: Room): void {
  const waiting = room.waiting;
  room.waiting = [];
  const all = packRows(waiting.flatMap(({ rows }) => rows));
  const senders = new Set(waiting.map(({ sender }) => sender));
  for (const socket of room.sockets) {
    if (!senders.has(socket)) socket.send(all);
    else {
      const rows = waiting.filter(({ sender }) => sender !== socket).flatMap(({ rows }) => rows);
      if (rows.length > 0) socket.send(packRows(rows));
    }
  }
}

process.on("SIGTERM", () => process.exit(0));

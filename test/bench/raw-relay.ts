// What T5 and T3 are measured beside: `ws` and better-sqlite3, which append bytes, fsync, acknowledge, and nothing else.
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { packRows, unpackRows } from "./raw-message.ts";
import { RawStore } from "./raw-store.ts";

const store = new RawStore(process.argv[2] ?? "", true);
const server = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  perMessageDeflate: false,
  maxPayload: 1 << 30,
});
server.on("listening", () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ event: "listening", url: `http://127.0.0.1:${port}` }));
});
server.on("connection", (socket) => {
  socket.on("message", (data: Buffer, isBinary) => {
    if (!isBinary) {
      socket.send(packRows(store.after(Number(data.toString()))));
      return;
    }
    store.write(unpackRows(data));
    socket.send("ack");
  });
});
process.on("SIGTERM", () => process.exit(0));

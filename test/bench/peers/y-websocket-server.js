// @y/websocket-server as its own `server.js` sets it up, with the persistence it documents: YPERSISTENCE names a folder
// for y-leveldb. The only difference: it prints its port, since it listens on any. Argument: folder of data.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

process.env.YPERSISTENCE = process.argv[2];
const { setupWSConnection } = await import("@y/websocket-server/utils");
const sockets = new WebSocketServer({ noServer: true, maxPayload: 1 << 30 });
sockets.on("connection", setupWSConnection);
const server = createServer((_request, response) => response.end("okay"));
server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit("connection", ws, request));
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ event: "listening", url: `http://127.0.0.1:${server.address().port}` }));
});

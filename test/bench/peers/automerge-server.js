// automerge-repo as its sync server sets it up (automerge-repo-sync-server/src/server.js): WebSocket adapter, NodeFS
// storage, nothing announced to peers. Argument: folder of data.
import { createServer } from "node:http";
import { Repo } from "@automerge/automerge-repo";
import { WebSocketServerAdapter } from "@automerge/automerge-repo-network-websocket";
import { NodeFSStorageAdapter } from "@automerge/automerge-repo-storage-nodefs";
import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ noServer: true, maxPayload: 1 << 30 });
new Repo({
  network: [new WebSocketServerAdapter(sockets)],
  storage: new NodeFSStorageAdapter(process.argv[2]),
  peerId: "storage-server-bench",
  sharePolicy: async () => false,
});
const server = createServer((_request, response) => response.end("ok"));
server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit("connection", ws, request));
});
// The adapter begins to hear once the storage is open; who connects before that is never answered.
while (sockets.listenerCount("connection") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ event: "listening", url: `http://127.0.0.1:${server.address().port}` }));
});

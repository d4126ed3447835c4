// Fetches the rows after its last one and stores them with fsync; then sends the rows of a file and waits for the word
// that they are stored. Arguments: port, database, how many rows it had from the relay, database with rows to send.
import { WebSocket } from "ws";
import { packRows, unpackRows } from "./raw-message.ts";
import { RawStore } from "./raw-store.ts";

const [port, database, had, outbox] = process.argv.slice(2);
const store = new RawStore(database ?? "", true);
const waiting = outbox === undefined ? [] : new RawStore(outbox, true).after(0);
const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false, maxPayload: 1 << 30 });
socket.on("open", () => socket.send(had ?? "0"));
socket.on("message", (data: Buffer, isBinary) => {
  if (!isBinary) {
    process.exit(0);
  }
  const rows = unpackRows(data);
  if (rows.length > 0) store.write(rows);
  if (waiting.length === 0) process.exit(0);
  socket.send(packRows(waiting));
});

// Hocuspocus with its SQLite extension and its default settings (it stores 2 s after a change, at the latest after 10).
// Argument: folder of data.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { SQLite } from "@hocuspocus/extension-sqlite";
import { Server } from "@hocuspocus/server";

const [, , dir] = process.argv;
mkdirSync(dir, { recursive: true });
const server = new Server({
  port: 0,
  address: "127.0.0.1",
  quiet: true,
  extensions: [new SQLite({ database: join(dir, "hocuspocus.sqlite") })],
  // Its default is what `ws` takes, 100 MiB; a document of the larger sizes comes as one message.
  websocketOptions: { maxPayload: 1 << 30 },
});
await server.listen();
console.log(JSON.stringify({ event: "listening", url: `http://127.0.0.1:${server.address.port}` }));

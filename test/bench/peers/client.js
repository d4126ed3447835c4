// A client of a peer as a command, as `darklang` is one: opens what it has on its disk, does one thing, and exits.
// Arguments: y-websocket | hocuspocus | automerge; folder of its own; then one of
//   edit FILE          appends ops offline, one by one (rows as in `raw-message.ts`)
//   sync PORT ROOM     both sides get what they lack, and what came is on this disk
//   lookup NUMBER      looks at one op
// Prints how many ops it has.
import { openAutomergeReplica } from "./automerge-replica.js";
import { openYjsReplica } from "./yjs-replica.js";

const [side, dir, command, ...args] = process.argv.slice(2);
const replica = side === "automerge" ? await openAutomergeReplica(dir) : openYjsReplica(dir, side);
switch (command) {
  case "edit": {
    const { readFileSync } = await import("node:fs");
    const { unpackRows } = await import("../raw-message.ts");
    await replica.edit(unpackRows(readFileSync(args[0])));
    break;
  }
  case "sync":
    await replica.sync(Number(args[0]), args[1]);
    break;
  case "lookup":
    if (replica.op(Number(args[0])) === undefined) throw new Error("there is no such op");
    break;
  default:
    throw new Error(`what is ${command}?`);
}
console.log(JSON.stringify({ ops: replica.count() }));
process.exit(0);

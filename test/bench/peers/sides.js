import { automergeSide } from "./automerge-side.js";
import { yjsSide } from "./yjs-side.js";

/** The servers that are measured beside darksync. `startServer` is that of `processes.ts`. */
export function peerSides(startServer) {
  return [
    yjsSide("y-websocket", startServer),
    yjsSide("hocuspocus", startServer),
    automergeSide(startServer),
  ];
}

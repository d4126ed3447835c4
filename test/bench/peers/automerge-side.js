import { join } from "node:path";
import * as Automerge from "@automerge/automerge";
import { AutomergeConnection } from "./automerge-connection.js";

// Its throttle asks for times that are past.
const quiet = "--disable-warning=TimeoutNegativeWarning";

/** A side of `side.ts` for automerge-repo: ops are binary elements of one list. */
export function automergeSide(startServer) {
  return {
    name: "automerge",
    acknowledgement: "a sync message that names our heads, sent from memory (stored at most every 100 ms)",
    // Each reader and client has a document of its own, in this process, since the protocol asks for one.
    share: 0.25,
    start: (data) => startServer([quiet, join(import.meta.dirname, "automerge-server.js"), data]),
    join: enter,
    rejoin: async (port, room, snapshot, wanted) => {
      const before = lengthOf(snapshot);
      return reaching(port, room, snapshot, (doc) => lengthOf(doc) >= before + wanted);
    },
    count,
  };
}

/** The list exists from the start, made by one fixed change: two who begin must not make two. */
export function emptyDoc() {
  const fixed = { actor: "00".repeat(16) };
  const made = Automerge.change(Automerge.init(fixed), { time: 0 }, (draft) => {
    draft.ops = [];
  });
  return Automerge.clone(made);
}

function lengthOf(doc) {
  return doc.ops?.length ?? 0;
}

/** Connects, and is fulfilled when the document is as wanted. */
async function reaching(port, room, doc, isThere) {
  let finish;
  const all = new Promise((resolve) => {
    finish = resolve;
  });
  const connection = await AutomergeConnection.open(port, room, doc, () => {
    if (isThere(connection.doc)) finish();
  });
  await all;
  return connection;
}

async function enter(port, room, onOps = () => {}) {
  let known = 0;
  let waiting = [];
  let connection;
  let entered;
  const whenEntered = new Promise((resolve) => {
    entered = resolve;
  });
  const look = () => {
    if (connection === undefined) return;
    const length = lengthOf(connection.doc);
    if (connection.isHeldHere) entered();
    if (length > known) onOps(length - known);
    known = Math.max(known, length);
    waiting = waiting.filter((resolve) => {
      if (!connection.isHeldThere) return true;
      resolve();
      return false;
    });
  };
  connection = await AutomergeConnection.open(port, room, emptyDoc(), look);
  look();
  await whenEntered;
  known = lengthOf(connection.doc);
  const push = (ops) => {
    connection.doc = Automerge.change(connection.doc, (draft) => draft.ops.push(...ops));
    known += ops.length;
  };
  return {
    write: (ops) =>
      new Promise((resolve) => {
        push(ops);
        waiting.push(resolve);
        connection.post();
      }),
    // A message depends on what the server has said so far, so it cannot be made before.
    prepare: async (ops) =>
      ops.map((op) => () => {
        push([op]);
        connection.post();
      }),
    snapshot: () => Automerge.clone(connection.doc),
    close: () => connection.close(),
  };
}

async function count(port, room) {
  const connection = await AutomergeConnection.open(port, room, emptyDoc());
  const deadline = Date.now() + 20_000;
  // It says that a document is not there before it has looked on its disk, so its first word is not believed.
  await new Promise((resolve) => setTimeout(resolve, 200));
  while (!connection.isHeldHere && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  connection.close();
  return lengthOf(connection.doc);
}

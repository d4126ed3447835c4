import { join } from "node:path";
import * as Y from "yjs";
import { dialects, opsIn, YjsConnection } from "./yjs-connection.js";

const nothing = Y.encodeStateVector(new Y.Doc());

/** A side of `side.ts` for y-websocket or Hocuspocus: ops are binary elements of one `Y.Array`. */
export function yjsSide(name, startServer) {
  return {
    name,
    acknowledgement: dialects[name].hasStatus
      ? "`SyncStatus` for the update, sent before it is stored (stored 2 to 10 s later)"
      : "none in its protocol; here: the server's answer to a question asked after the update",
    start: (data) => startServer([join(import.meta.dirname, `${name}-server.js`), data]),
    join: (port, room, onOps) => enter(name, port, room, onOps ?? (() => {})),
    rejoin: (port, room, snapshot, wanted) => rejoin(name, port, room, snapshot, wanted),
    count: (port, room) => count(name, port, room),
  };
}

async function enter(name, port, room, onOps) {
  const { hasStatus } = dialects[name];
  const doc = new Y.Doc();
  const waiting = [];
  const answered = () => waiting.shift()?.();
  let isEntered = false;
  let connection;
  let entered;
  const whenEntered = new Promise((resolve) => {
    entered = resolve;
  });
  connection = await YjsConnection.open(name, port, room, {
    onUpdate: (bytes, isAnswer) => {
      if (isAnswer && isEntered) return answered();
      if (isEntered) return onOps(opsIn(bytes));
      Y.applyUpdate(doc, bytes);
      isEntered = true;
      entered();
    },
    onStatus: answered,
  });
  connection.ask(nothing);
  await whenEntered;
  const ops = doc.getArray("ops");
  // A doc of its own encodes what this member writes; what others write it need not hold for that.
  const encoded = (bytes) => {
    const updates = [];
    const keep = (update) => updates.push(update);
    doc.on("update", keep);
    doc.transact(() => ops.push([...bytes]));
    doc.off("update", keep);
    return updates[0];
  };
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        connection.update(encoded(bytes));
        if (!hasStatus) connection.ask(Y.encodeStateVector(doc));
      }),
    prepare: async (all) =>
      all
        .map((bytes) => encoded([bytes]))
        .map((update) => () => {
          // Its status, if there is one, is for nobody.
          if (hasStatus) waiting.push(() => {});
          connection.update(update);
        }),
    snapshot: () => Y.encodeStateVector(doc),
    close: () => connection.close(),
  };
}

async function rejoin(name, port, room, snapshot, wanted) {
  let arrived = 0;
  let finish;
  const all = new Promise((resolve) => {
    finish = resolve;
  });
  const connection = await YjsConnection.open(name, port, room, {
    onUpdate: (bytes) => {
      arrived += opsIn(bytes);
      if (arrived >= wanted) finish();
    },
  });
  connection.ask(snapshot);
  await all;
  return connection;
}

async function count(name, port, room) {
  const doc = new Y.Doc();
  let finish;
  const all = new Promise((resolve) => {
    finish = resolve;
  });
  const connection = await YjsConnection.open(name, port, room, {
    onUpdate: (bytes, isAnswer) => {
      Y.applyUpdate(doc, bytes);
      if (isAnswer) finish();
    },
  });
  connection.ask(nothing);
  await all;
  // y-websocket answers before its document is loaded; what it loads comes as an update.
  await new Promise((resolve) => setTimeout(resolve, 200));
  connection.close();
  return doc.getArray("ops").length;
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import * as Y from "yjs";
import { dialects, YjsConnection } from "./yjs-connection.js";

const opsPerTransaction = 1000;

/**
 * A Yjs document with its updates as rows in SQLite, with fsync: the kindest store, since what came in one sync is one
 * row. `name`: the server it syncs with.
 */
export function openYjsReplica(dir, name) {
  mkdirSync(dir, { recursive: true });
  const database = new Database(join(dir, "updates.db"));
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec("create table if not exists updates(id integer primary key, bytes blob)");
  const doc = new Y.Doc();
  for (const bytes of database.prepare("select bytes from updates order by id").pluck().all())
    Y.applyUpdate(doc, new Uint8Array(bytes));
  const insert = database.prepare("insert into updates(bytes) values (?)");
  doc.on("update", (bytes) => insert.run(bytes));
  const ops = doc.getArray("ops");
  return {
    count: () => ops.length,
    op: (number) => ops.get(number),
    // One transaction of Yjs for a thousand ops: one for each would cost a row each, and loading them later too.
    edit: (rows) => {
      database.transaction(() => {
        for (let start = 0; start < rows.length; start += opsPerTransaction)
          doc.transact(() =>
            ops.push(rows.slice(start, start + opsPerTransaction).map((row) => new Uint8Array(row))),
          );
      })();
    },
    sync: (port, room) => sync(doc, name, port, room),
  };
}

async function sync(doc, name, port, room) {
  const { hasStatus } = dialects[name];
  let hasAll = false;
  let isAnswered = false;
  let isAskedAgain = false;
  let isStored = false;
  let connection;
  await new Promise((resolve, reject) => {
    const look = () => {
      if (!hasAll || !isAnswered || hasStatus || isAskedAgain) return;
      // y-websocket acknowledges nothing: its answer to a later question shows that it has read ours.
      isAskedAgain = true;
      connection.ask(Y.encodeStateVector(doc));
    };
    YjsConnection.open(name, port, room, {
      onQuestion: (stateVector, asking) => {
        connection = asking;
        connection.answer(Y.encodeStateAsUpdate(doc, stateVector));
        isAnswered = true;
        look();
      },
      onUpdate: (bytes, isAnswer) => {
        Y.applyUpdate(doc, bytes);
        if (!isAnswer) return;
        if (isAskedAgain) resolve();
        hasAll = true;
        if (hasStatus && isStored) resolve();
        look();
      },
      onStatus: () => {
        isStored = true;
        if (hasAll) resolve();
      },
    }).then((opened) => {
      connection = opened;
      connection.ask(Y.encodeStateVector(doc));
    }, reject);
  });
  await connection.closed();
}

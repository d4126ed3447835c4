import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as Automerge from "@automerge/automerge";
import { AutomergeConnection } from "./automerge-connection.js";
import { emptyDoc } from "./automerge-side.js";

const opsPerChange = 1000;

/**
 * An automerge document in one file, written whole by `Automerge.save` when it changed, and the sync protocol without
 * the `Repo`, which would wait 100 ms before each message and each save.
 */
export async function openAutomergeReplica(dir) {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, "document.automerge");
  let doc = existsSync(path) ? Automerge.load(readFileSync(path)) : emptyDoc();
  const keep = () => writeFileSync(path, Automerge.save(doc), { flush: true });
  return {
    count: () => doc.ops?.length ?? 0,
    op: (number) => doc.ops[number],
    edit: (rows) => {
      for (let start = 0; start < rows.length; start += opsPerChange)
        doc = Automerge.change(doc, (draft) =>
          draft.ops.push(...rows.slice(start, start + opsPerChange).map((row) => new Uint8Array(row))),
        );
      keep();
    },
    sync: async (port, room) => {
      const before = Automerge.getHeads(doc).join();
      let connection;
      await new Promise((resolve, reject) => {
        const look = () => {
          if (connection?.isHeldHere && connection.isHeldThere) resolve();
        };
        AutomergeConnection.open(port, room, doc, look).then((opened) => {
          connection = opened;
          look();
        }, reject);
      });
      doc = connection.doc;
      if (Automerge.getHeads(doc).join() !== before) keep();
      await connection.closed();
    },
  };
}

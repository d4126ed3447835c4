import type { ReplicaStore, ReplicaTables } from "@darksync/runtime/store/store";
import type { Chance } from "./chance.ts";
import type { Disk } from "./disk.ts";
import { overriding } from "./overriding.ts";

/** A store of which some looks fail, always the same ones: so many out of a hundred rows cannot be read. */
export function damagedStore({ memory }: Disk<ReplicaTables>, share: number, chance: Chance): ReplicaStore {
  const orFail = (row: string) => {
    if (chance.fork(row).percent(share)) throw new Error("database disk image is malformed");
  };
  const damaged = (tables: ReplicaTables): ReplicaTables => ({
    ...tables,
    meta: overriding(tables.meta, {
      get: (key) => {
        orFail(`value ${key}`);
        return tables.meta.get(key);
      },
    }),
    blocks: overriding(tables.blocks, {
      read: (log, stream, firstSeq, maxBytes) => {
        const read = tables.blocks.read(log, stream, firstSeq, maxBytes);
        for (const { seq } of read) orFail(`block ${log} ${stream} ${seq}`);
        return read;
      },
    }),
    changes: overriding(tables.changes, {
      waiting: (after) => {
        orFail("waiting");
        return tables.changes.waiting(after);
      },
      byNumber: (number) => {
        orFail(`change ${number}`);
        return tables.changes.byNumber(number);
      },
    }),
  });
  return {
    read: (work) => memory.read((tables) => work(damaged(tables))),
    write: () => Promise.reject(new Error("nobody writes to a damaged database")),
    close: () => {},
  };
}

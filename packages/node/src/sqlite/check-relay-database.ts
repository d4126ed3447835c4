import { checkManifests } from "@darksync/runtime/relay/check-manifests";
import { isDamage } from "@darksync/runtime/relay/space-damaged";
import type { RelayTables } from "@darksync/runtime/store/store";
import type { Connection } from "./connection.js";
import { blocksPerStream } from "./schema.js";
import { corruptError, meaningOf } from "./store-errors.js";

// Whoever looks a log or stream up by its name finds nothing where an index lost it, and takes it for new.
const smallTables = ["log", "stream", "manifest"];

const strayEnds = `
  select name from stream
  left join block as tip on tip.key = stream.id * ${blocksPerStream} + tip_seq
  where case when tip_seq > 0 then tip.hash is not tip_hash else 0 end
    or exists (select 1 from block where key = stream.id * ${blocksPerStream} + tip_seq + 1)
  limit 1`;

/**
 * Looks, when a relay opens a space, at what all else is found by: the tables of logs, streams and manifests with their
 * indexes, and whether the rows fit together where streams and logs end. Throws a `StoreError` if not. The cost does
 * not follow the history.
 */
export function checkRelayDatabase(
  space: string,
  path: string,
  connection: Connection,
  tables: RelayTables,
): void {
  try {
    for (const table of smallTables) {
      const [row] = connection.rows<{ integrity_check: string }>(`pragma integrity_check(${table})`);
      if (row?.integrity_check !== "ok")
        throw corruptError(path, row?.integrity_check ?? "it cannot be checked");
    }
    const [stray] = connection.rows<{ name: string }>(strayEnds);
    if (stray !== undefined)
      throw corruptError(path, `the stream ${stray.name} does not end with the block noted`);
    connection.read(() => checkManifests(space, tables));
  } catch (error) {
    throw isDamage(error) ? error : meaningOf(error, path);
  }
}

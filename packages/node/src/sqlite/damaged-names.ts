import Database from "better-sqlite3";
import { blocksPerStream } from "./schema.js";

/** A stream's noted end may be damaged itself: so many blocks more than there are, at most, are told as missing. */
const mostMissing = 65_536;
/** The largest id of a stream whose blocks have keys that are exact numbers. */
const mostStreams = 2 ** 20;

interface StreamRow {
  readonly id: number;
  readonly log_id: number;
  readonly name: string;
  readonly tip_seq: number;
}

/**
 * Lets the logs, streams and segments of a damaged database be found without its indexes: tables of the same names,
 * which this connection alone sees, are filled row by row, with each stream's end where its blocks end.
 */
export function findWithoutIndexes(database: Database.Database): void {
  database.pragma("temp_store = memory");
  database.exec(`
    create temp table log(id integer primary key, name text not null unique);
    create temp table stream(
      id integer primary key, log_id integer not null, name text not null, tip_seq integer not null,
      tip_hash blob, durable_seq integer not null default 0, closed_at integer, unique(log_id, name)
    );
    create temp table segment_row(id integer primary key, log_id integer, number integer, hash blob, byte_count integer);
    create index temp.segment_place on segment_row(log_id, number);
    create temp view segment as
      select here.id, here.log_id, here.number, here.hash, here.byte_count, there.bytes
      from segment_row as here join main.segment as there on there.id = here.id;
  `);
  const addLog = database.prepare("insert or ignore into temp.log(id, name) values (:id, :name)");
  for (const row of readableRows(database, "log", "id, name")) addLog.run(row);
  const addStream = database.prepare(
    "insert or ignore into temp.stream(id, log_id, name, tip_seq, tip_hash) values (:id, :log_id, :name, :tip_seq, x'')",
  );
  for (const row of readableRows<StreamRow>(database, "stream", "id, log_id, name, tip_seq"))
    if (row.id > 0 && row.id < mostStreams) addStream.run({ ...row, tip_seq: endOf(database, row) });
  const addSegment = database.prepare(
    "insert or ignore into segment_row values (:id, :log_id, :number, :hash, :byte_count)",
  );
  for (const row of readableRows(database, "segment", "id, log_id, number, hash, byte_count"))
    addSegment.run(row);
}

/** The rows before the first that cannot be read, and those behind the last. */
function readableRows<Row>(database: Database.Database, table: string, columns: string): readonly Row[] {
  const rows: Row[] = [];
  for (const order of ["asc", "desc"]) {
    const sql = `select ${columns} from main.${table} not indexed order by id ${order}`;
    const isWhole = attempt(() => {
      for (const row of database.prepare<[], Row>(sql).iterate()) rows.push(row);
      return true;
    });
    if (isWhole === true) return rows;
  }
  return rows;
}

function endOf(database: Database.Database, { id, tip_seq }: StreamRow): number {
  const first = id * blocksPerStream;
  const last = attempt(() =>
    database
      .prepare<[number, number], number | null>("select max(key) from main.block where key > ? and key < ?")
      .pluck()
      .get(first, first + blocksPerStream),
  );
  const held = typeof last === "number" ? last - first : 0;
  const isLikely = Number.isInteger(tip_seq) && tip_seq > held && tip_seq <= held + mostMissing;
  return isLikely ? tip_seq : held;
}

/** Undefined where it cannot be read. */
function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Database.SqliteError) return undefined;
    throw error;
  }
}

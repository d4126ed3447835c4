import type { PlacedChange } from "./change-pages.js";

/** A change that has a row, with what is noted on it. */
export interface ChangeColumns {
  readonly number: number;
  readonly id: string;
  readonly device_id: number;
  readonly log_id: number;
  readonly wall_ms: number;
  readonly counter: number;
  readonly received_ms: number;
  readonly is_skewed: number;
  readonly stream_id: number | null;
  readonly seq: number;
  readonly position: number;
  readonly bytes: Uint8Array | null;
  readonly reason: string | null;
  readonly is_parked: number;
}

/** Where a change came from. */
export interface OriginColumns {
  readonly device_id: number;
  readonly log_id: number;
  readonly stream_id: number | null;
  readonly seq: number;
}

/** A block by the number of its last change. */
export interface ArrivalColumns {
  readonly log_id: number;
  readonly stream_id: number;
  readonly seq: number;
  readonly number: number;
}

/** The latest change: what the next one's number and time follow from. */
export interface LatestChange {
  readonly number: number;
  readonly device_id: number;
  readonly wall_ms: number;
  readonly counter: number;
}

const commonColumns =
  "number, lower(hex(id)) as id, device_id, log_id, wall_ms, counter, received_ms, is_skewed";

/** Changes in blocks. Look-ups by subselect take a fraction of the time of joins. */
export const selectPlaced: string = `select ${commonColumns}, stream_id, seq, position, null as bytes,
  (select reason from set_aside_change where number = placed_change.number) as reason,
  exists (select 1 from parked_change where number = placed_change.number) as is_parked
  from placed_change`;

/** Changes that wait unsigned. */
export const selectUnsigned: string = `select ${commonColumns}, null as stream_id, 0 as seq, 0 as position, bytes,
  (select reason from set_aside_change where number = unsigned_change.number) as reason,
  exists (select 1 from parked_change where number = unsigned_change.number) as is_parked
  from unsigned_change`;

/** Where the change of a number came from, and lies. */
export const selectOrigin: string = `select device_id, log_id, stream_id, seq from placed_change where number = ?
  union all select device_id, log_id, null, 0 from unsigned_change where number = ?`;

/** The latest change of both tables. */
export const selectLatest: string = `select * from (select number, device_id, wall_ms, counter from placed_change order by number desc limit 1)
  union all
  select * from (select number, device_id, wall_ms, counter from unsigned_change order by number desc limit 1)`;

/** What is noted on the change of a number. */
export const selectNotes: string = `select (select reason from set_aside_change where number = ?) as reason,
  exists (select 1 from parked_change where number = ?) as is_parked`;

// Joined once: a statement is found by its text, and a new text has to be hashed first.

/** A change by the key of its id and the id. */
export const selectById: readonly [string, string] = bothTables("where id_key = ? and id = ?");
/** A change by its number. */
export const selectByNumber: readonly [string, string] = bothTables("where number = ?");

function bothTables(condition: string): readonly [string, string] {
  return [`${selectPlaced} ${condition}`, `${selectUnsigned} ${condition}`];
}

/** What the next change needs of one on a page. */
export function latestOf({ number, deviceId, wallMs, counter }: PlacedChange): LatestChange {
  return { number, device_id: deviceId, wall_ms: wallMs, counter };
}

/** Of a change that is unsigned: whether it is not parked. */
export const isWaiting: string =
  "not exists (select 1 from parked_change where number = unsigned_change.number)";

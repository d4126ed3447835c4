/** Version of the tables, kept in `user_version`. */
export const schemaVersion: number = 1;

/** Op numbers are change numbers times this, plus the op's index; a change has at most 8,192 ops. */
export const opsPerChange: number = 16_384;

// Block keys are stream ids times this, plus the seq: one integer finds a block, and a stream's blocks lie together.
export const blocksPerStream: number = 2 ** 32;

const logTables = `
create table meta(key text primary key, value text not null) without rowid;
create table log(id integer primary key, name text not null unique);
create table stream(
  id integer primary key,
  log_id integer not null,
  name text not null,
  tip_seq integer not null default 0,
  tip_hash blob,
  durable_seq integer not null default 0,
  closed_at integer,
  unique(log_id, name)
);
create table segment(
  id integer primary key,
  log_id integer not null,
  number integer not null,
  hash blob not null,
  byte_count integer not null,
  bytes blob not null,
  unique(log_id, number)
);
create table block(
  key integer primary key,
  hash blob not null,
  change_count integer not null,
  segment integer,
  bytes blob
);
`;

// A save writes one page of each tree it touches to the write-ahead log, which is most of its cost: hence few
// indexes, on integers made of the first bytes of ids and hashes; a change's row with all that a save brings but the
// text; and tables for what is rare (parked, set_aside, ahead). A change moves from one table to the other when it
// is signed, so that the bytes, which its block holds then, leave no holes.
const changeColumns = `
  number integer primary key,
  id_key integer not null,
  id blob not null,
  device_id integer not null,
  log_id integer not null,
  wall_ms integer not null,
  counter integer not null,
  received_ms integer not null,
  is_skewed integer not null,
  assignments blob`;

const replicaOnlyTables = `
create table device(id integer primary key, name text not null unique);
create table placed_change(${changeColumns},
  stream_id integer not null,
  seq integer not null,
  position integer not null
);
create index placed_change_id on placed_change(id_key);
create table change_page(
  first integer primary key,
  change_count integer not null,
  log_id integer not null,
  device_id integer not null,
  stream_id integer not null,
  received_ms integer not null,
  last_seq integer not null,
  latest_ms integer not null,
  bytes blob not null
);
create index change_page_time on change_page(latest_ms);
create table paged_change_id(key integer primary key, entries blob not null);
create table unsigned_change(${changeColumns},
  bytes blob not null
);
create index unsigned_change_id on unsigned_change(id_key, log_id);
create table retired_number(id integer primary key, number integer not null);
create table parked_change(
  number integer primary key,
  code text not null,
  message text not null,
  hint text not null
);
create table set_aside_change(number integer primary key, reason text not null);
create table register(
  type integer not null,
  key text not null,
  id integer not null,
  name_start integer not null,
  heads blob not null,
  is_first_shown integer not null,
  is_merged integer not null,
  is_linked integer not null,
  is_listed integer not null,
  text_key integer,
  conflict_kind integer,
  conflict_id blob,
  primary key(type, key)
) without rowid;
create index register_conflict on register(key) where conflict_kind is not null;
create table ahead(type integer not null, key text not null, op text not null, primary key(type, key, op))
  without rowid;
create table awaited_text(hash blob not null, location text not null, primary key(hash, location)) without rowid;
create table text(
  id integer primary key,
  hash_key integer not null,
  hash blob not null,
  kind integer not null,
  op integer,
  used_day integer not null,
  head text not null,
  tail blob not null
);
create index text_hash on text(hash_key);
create table evicted_text(key integer primary key, entries blob not null);
create table seen(
  stream_id integer not null,
  other_id integer not null,
  seq integer not null,
  other_seq integer not null,
  primary key(stream_id, other_id, seq)
) without rowid;
create unique index seen_by on seen(stream_id, other_id, other_seq);
create table dependency(
  definition text not null,
  user text not null,
  nearer text not null,
  conflict_id blob,
  is_undecided integer not null,
  primary key(definition, user)
) without rowid;
create index dependency_user on dependency(user);
create index dependency_record on dependency(user) where conflict_id is not null;
create index dependency_undecided on dependency(user) where is_undecided = 1;
create table dependency_nearer(
  location text not null,
  definition text not null,
  user text not null,
  primary key(location, definition, user)
) without rowid;
create table followed_head(location text not null, op text not null, written text not null, primary key(location, op))
  without rowid;
create table sync_queue(
  id text primary key,
  type text not null,
  data text not null,
  created_at integer not null,
  status text not null,
  retry_count integer not null,
  error text,
  error_class text,
  next_try integer,
  position integer not null
) without rowid;
create index sync_queue_position on sync_queue(position);
create index sync_queue_open on sync_queue(position) where status <> 'completed';
`;

const relayOnlyTables = `
create table manifest(log_id integer primary key, bytes blob not null);
`;

/** The tables of one kind of database. */
export interface Schema {
  readonly sql: string;
  /** Names of its tables and named indexes. */
  readonly names: readonly string[];
}

/** What a replica keeps. */
export const replicaSchema: Schema = schemaOf(logTables + replicaOnlyTables);

/** What a relay keeps of one space. */
export const relaySchema: Schema = schemaOf(logTables + relayOnlyTables);

function schemaOf(sql: string): Schema {
  const names = [...sql.matchAll(/^create (?:unique )?(?:table|index|view) (\w+)/gm)].map(
    (match) => match[1] ?? "",
  );
  return { sql, names };
}

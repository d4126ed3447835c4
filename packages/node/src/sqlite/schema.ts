/** Version of the tables, kept in `user_version`. */
export const schemaVersion: number = 1;

/** Op numbers are change numbers times this, plus the op's index; a change has at most 8,192 ops. */
export const opsPerChange: number = 16_384;

// Block keys are stream ids times this, plus the seq: one integer finds a block, and a stream's blocks lie together.
export const blocksPerStream: number = 2 ** 32;

// The same for changes that wait unsigned: log ids times this, plus the change's number.
export const changesPerLog: number = 2 ** 36;

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
create table block(
  key integer primary key,
  hash blob not null,
  change_count integer not null,
  bytes blob not null
);
`;

// A save writes one page of each tree it touches to the write-ahead log, which is most of its cost: hence few
// indexes, and tables for what is rare (parked, set_aside, ahead).
const replicaOnlyTables = `
create table device(id integer primary key, name text not null unique);
create table change(
  number integer primary key,
  id blob not null unique,
  device_id integer not null,
  log_id integer not null,
  wall_ms integer not null,
  counter integer not null,
  received_ms integer not null,
  is_skewed integer not null,
  stream_id integer,
  seq integer,
  position integer
);
create table retired_number(id integer primary key, number integer not null);
create table unsigned_change(key integer primary key, bytes blob not null);
create table parked_change(
  number integer primary key,
  code text not null,
  message text not null,
  hint text not null,
  bytes blob
);
create table set_aside_change(number integer primary key, reason text not null);
create table register(
  type integer not null,
  key text not null,
  id integer not null,
  name_start integer not null,
  head integer,
  heads blob,
  shown integer,
  is_listed integer not null default 0,
  conflict_kind integer,
  conflict_id blob,
  primary key(type, key)
) without rowid;
create index register_conflict on register(key) where conflict_kind is not null;
create table assignment(op integer primary key, register_id integer not null, content blob not null);
create table ahead(type integer not null, key text not null, op text not null, primary key(type, key, op))
  without rowid;
create table text(hash blob primary key, kind integer not null, head text not null, tail text not null);
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

/** The tables of one kind of database. */
export interface Schema {
  readonly sql: string;
  /** Names of its tables and named indexes. */
  readonly names: readonly string[];
}

/** What a replica keeps. */
export const replicaSchema: Schema = schemaOf(logTables + replicaOnlyTables);

/** What a relay keeps of one space. */
export const relaySchema: Schema = schemaOf(logTables);

function schemaOf(sql: string): Schema {
  const names = [...sql.matchAll(/^create (?:table|index) (\w+)/gm)].map((match) => match[1] ?? "");
  return { sql, names };
}

import { randomBytes } from "node:crypto";
import { existsSync, linkSync, renameSync, rmSync } from "node:fs";
import { StoreError } from "@darksync/runtime/store/store";
import Database from "better-sqlite3";
import { checkSchema } from "./check-schema.js";
import { isNotWritable, openCopy } from "./read-only-copy.js";
import { type Schema, schemaVersion } from "./schema.js";
import { corruptError, meaningOf, needsSharedMemory } from "./store-errors.js";

type Durability = "full" | "normal" | "by-caller";

/** How a database is opened. */
export interface OpenOptions {
  /**
   * `full`: a write survives a power cut once it is reported. `normal`: the last ones may be lost, nothing else.
   * `by-caller`: as that, and checkpoints are the caller's business as well.
   */
  readonly durability?: Durability;
  /** Whether to make the database if there is none; true by default. */
  readonly create?: boolean;
  /** Lets what cannot be written be read, from a copy, and hears that it is so; without it that is an error. */
  readonly onReadOnly?: () => void;
}

const busyTimeoutMs = 10_000;
const cacheKibibytes = 32 * 1024;
// Pages that are written again and again are copied into the database file less often with a longer log.
const checkpointPages = 4_000;
const walLimitBytes = 64 * 1024 * 1024;

/** Opens a database and looks whether it can be used; throws a `StoreError` if not. */
export function openDatabase(path: string, schema: Schema, options: OpenOptions): Database.Database {
  if (!existsSync(path)) {
    if (options.create === false) {
      throw new StoreError(
        "database-missing",
        `there is no database ${path}`,
        "make one first, or check the path",
      );
    }
    makeDatabase(path, schema);
  }
  try {
    return openFile(path, schema, options);
  } catch (error) {
    if (needsSharedMemory(error)) return openAlone(path, schema, options);
    if (options.onReadOnly === undefined || !isNotWritable(error, path)) throw meaningOf(error, path);
    return openReadOnly(path, schema, options.onReadOnly);
  }
}

function openFile(
  path: string,
  schema: Schema,
  { durability = "full" }: OpenOptions,
  prepare = (_: Database.Database) => {},
): Database.Database {
  const database = new Database(path, { fileMustExist: true, timeout: busyTimeoutMs });
  try {
    prepare(database);
    // First of all: preparing writes a header into an empty file, and what is damaged must stay as it is.
    checkSchema(database, path, schema);
    prepareConnection(database, durability);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function openReadOnly(path: string, schema: Schema, onReadOnly: () => void): Database.Database {
  try {
    const database = openCopy(path, schema);
    onReadOnly();
    return database;
  } catch (error) {
    throw meaningOf(error, path);
  }
}

// Whoever has a database to himself keeps that index in his own memory. So what is there can be read on a full disk.
function openAlone(path: string, schema: Schema, options: OpenOptions): Database.Database {
  try {
    return openFile(path, schema, options, (database) => database.pragma("locking_mode = exclusive"));
  } catch (error) {
    throw meaningOf(error, path);
  }
}

// Made under another name and then linked into place: nobody, not even after a crash, finds a half-made database,
// so one that has no tables has lost them.
function makeDatabase(path: string, schema: Schema): void {
  if (existsSync(`${path}-wal`))
    throw corruptError(path, "its write-ahead log is there, but the file is missing");
  const unfinished = `${path}.${randomBytes(8).toString("hex")}.new`;
  try {
    const database = new Database(unfinished);
    try {
      // What is evicted gives its room back (docs/decisions/0013-storage.md). It must be said before there is a table.
      database.pragma("auto_vacuum = incremental");
      database.pragma("journal_mode = wal");
      database.exec(`begin; ${schema.sql} pragma user_version = ${schemaVersion}; commit`);
    } finally {
      database.close();
    }
    putInPlace(unfinished, path);
  } catch (error) {
    throw meaningOf(error, path);
  } finally {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(unfinished + suffix, { force: true });
  }
}

function putInPlace(unfinished: string, path: string): void {
  try {
    linkSync(unfinished, path);
  } catch (error) {
    // Another process was faster: its database is as good.
    if (existsSync(path)) return;
    // Some file systems have no links.
    if (error instanceof Error && "code" in error && error.code !== "ENOENT") renameSync(unfinished, path);
    else throw error;
  }
}

function prepareConnection(database: Database.Database, durability: Durability): void {
  database.exec(`
    pragma foreign_keys = off;
    pragma journal_mode = wal;
    pragma synchronous = ${durability === "full" ? "full" : "normal"};
    pragma cache_size = -${cacheKibibytes};
    pragma wal_autocheckpoint = ${durability === "by-caller" ? 0 : checkpointPages};
    pragma journal_size_limit = ${walLimitBytes};
  `);
}

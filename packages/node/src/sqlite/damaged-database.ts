import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import type { RelayTables, ReplicaStore, Store } from "@darksync/runtime/store/store";
import Database from "better-sqlite3";
import { Connection } from "./connection.js";
import { findWithoutIndexes } from "./damaged-names.js";
import { relayTablesOver } from "./relay-tables.js";
import { replicaStoreOver } from "./replica-store.js";
import { SqliteStore } from "./sqlite-store.js";

// What belongs to a database file, the file itself first: without it nobody takes what is left for a sound database.
const parts = ["", "-wal", "-shm"];

/** A replica's damaged database to read what can be read of it, or null. Nothing of it is checked or changed. */
export function openDamagedStore(path: string): ReplicaStore | null {
  const database = openDamaged(path);
  return database === null ? null : replicaStoreOver(database, path);
}

/** As `openDamagedStore`, of a relay. */
export function openDamagedRelayStore(path: string): Store<RelayTables> | null {
  const database = openDamaged(path);
  if (database === null) return null;
  const connection = new Connection(database);
  return new SqliteStore(path, connection, relayTablesOver(connection, "read"));
}

function openDamaged(path: string): Database.Database | null {
  try {
    const database = new Database(path, { readonly: true, fileMustExist: true });
    try {
      findWithoutIndexes(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof Database.SqliteError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Where a database is made anew beside a damaged one, and where it waits until it takes its place. */
export function rebuildingPath(path: string): string {
  return `${path}.rebuilding`;
}

function rebuiltPath(path: string): string {
  return `${path}.rebuilt`;
}

/** Removes what an interrupted rebuild left. */
export function removeRebuilding(path: string): void {
  for (const part of parts) {
    rmSync(rebuildingPath(path) + part, { force: true });
    rmSync(rebuiltPath(path) + part, { force: true });
  }
}

/** Whether a rebuild was interrupted just before the new database could take the place of the damaged one. */
export function isReplacementDue(path: string): boolean {
  return existsSync(rebuiltPath(path)) && !existsSync(path);
}

/** Says that the database that was made anew, and closed, is whole: it may take the damaged one's place. */
export function finishRebuilding(path: string): void {
  const file = openSync(rebuildingPath(path), "r+");
  fsyncSync(file);
  closeSync(file);
  renameSync(rebuildingPath(path), rebuiltPath(path));
}

/**
 * Sets the damaged database aside, its write-ahead log with it, and puts the one that was made anew in its place. Cut at
 * any point, it can be called again. `time`: for the name of what is set aside. Returns its path, null if there was none.
 */
export function replaceDatabase(path: string, time: string): string | null {
  const kept = setAside(path, time);
  renameSync(rebuiltPath(path), path);
  return kept;
}

/** Renames a database and what belongs to it; nothing is deleted. Returns its new path, null if there was nothing. */
export function setAside(path: string, time: string): string | null {
  const aside = `${path}.damaged-${time}`;
  const there = parts.filter((part) => existsSync(path + part));
  for (const part of there) renameSync(path + part, aside + part);
  return there.length === 0 ? null : aside;
}

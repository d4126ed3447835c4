import { existsSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { meaningOf } from "./sqlite/store-errors.js";

/** Held by the one process that syncs a replica. */
export interface SyncLock {
  release(): void;
}

/** Whoever only looks whether the lock is taken is in the way for a moment. */
const lookersMs = 250;

/**
 * Takes the lock in this file, or null if another process has it. The lock is SQLite's on the file, so the
 * operating system lets go of it however the process ends.
 */
export function takeSyncLock(path: string): SyncLock | null {
  try {
    return takeLock(path);
  } catch (error) {
    if (!isDamaged(error)) throw meaningOf(error, path);
    // Nothing is kept in it, and nobody can hold one that cannot be read.
    rmSync(path);
    return takeLock(path);
  }
}

function takeLock(path: string): SyncLock | null {
  const database = new Database(path, { timeout: lookersMs });
  try {
    database.pragma("locking_mode = EXCLUSIVE");
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
  return { release: () => database.close() };
}

/** Whether some process syncs the replica of this file now. Those who ask do not see each other. */
export function isSyncLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  const database = new Database(path, { timeout: 0, readonly: true });
  try {
    database.prepare("select count(*) from sqlite_schema").get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    if (isDamaged(error)) return false;
    throw error;
  } finally {
    database.close();
  }
}

function isDamaged(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code);
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
}

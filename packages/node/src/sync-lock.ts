import Database from "better-sqlite3";

/** Held by the one process that syncs a replica. */
export interface SyncLock {
  release(): void;
}

/**
 * Takes the lock in this file, or null if another process has it. The lock is SQLite's on the file, so the
 * operating system lets go of it however the process ends.
 */
export function takeSyncLock(path: string): SyncLock | null {
  const database = new Database(path, { timeout: 0 });
  try {
    database.pragma("locking_mode = EXCLUSIVE");
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return null;
    throw error;
  }
  return { release: () => database.close() };
}

/** Whether some process syncs the replica of this file now. */
export function isSyncLocked(path: string): boolean {
  const lock = takeSyncLock(path);
  lock?.release();
  return lock === null;
}

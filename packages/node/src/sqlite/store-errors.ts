import { StoreError } from "@darksync/runtime/store/store";
import Database from "better-sqlite3";

/** The error of a database whose file or tables are damaged. */
export function corruptError(path: string, reason: string): StoreError {
  return new StoreError(
    "database-corrupt",
    `the database ${path} is damaged: ${reason}`,
    "move it aside together with its -wal and -shm files, then rebuild it from the relay or a peer",
  );
}

/** The error of a row that refers to another one, which is not there. */
export function danglingError(table: string, id: number): StoreError {
  return new StoreError(
    "database-corrupt",
    `the database is damaged: ${table} ${id} is spoken of and not there`,
    "move it aside together with its -wal and -shm files, then rebuild it from the relay or a peer",
  );
}

/** What an error of SQLite means to people; any other error is given back as it is. */
export function meaningOf(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code, message } = error;
  if (/^SQLITE_(CORRUPT|NOTADB|IOERR_(SHORT_READ|READ$|CORRUPTFS))/.test(code))
    return corruptError(path, message);
  if (code === "SQLITE_ERROR" && /^(no such (table|column|index)|unsupported file format)/.test(message))
    return corruptError(path, message);
  // The index of the write-ahead log cannot grow: that is how a full disk shows when the log itself still fits.
  if (code === "SQLITE_FULL" || code === "SQLITE_IOERR_SHMSIZE") {
    return new StoreError(
      "disk-full",
      `there is no room left to write to ${path}`,
      "free some space, then try again; reading and exporting still work",
    );
  }
  if (code.startsWith("SQLITE_BUSY")) {
    return new StoreError(
      "database-busy",
      `another process is writing to ${path} and did not finish in time`,
      "try again; if it goes on, look for a darksync process that hangs",
    );
  }
  return error;
}

/** Whether there was no room for the index of the write-ahead log, which processes share: a full disk. */
export function needsSharedMemory(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(FULL|IOERR_SHM)/.test(error.code);
}

import { accessSync, constants, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { checkSchema } from "./check-schema.js";
import type { Schema } from "./schema.js";

/** Whether a database could not be opened because its file or folder cannot be written: a write-ahead log needs both. */
export function isNotWritable(error: unknown, path: string): boolean {
  if (!(error instanceof Database.SqliteError)) return false;
  if (!/^SQLITE_(READONLY|CANTOPEN|IOERR)/.test(error.code)) return false;
  return !isWritable(path) || !isWritable(dirname(path));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && "syscall" in error) return false;
    throw error;
  }
}

/** A copy of a database to read, which is gone when it is closed. */
export function openCopy(path: string, schema: Schema): Database.Database {
  const folder = mkdtempSync(join(tmpdir(), "darklang-copy-"));
  const copy = join(folder, "space.db");
  try {
    for (const part of ["", "-wal"]) if (existsSync(path + part)) cpSync(path + part, copy + part);
    const database = new Database(copy, { fileMustExist: true });
    try {
      checkSchema(database, path, schema);
      // Into one file, which stays readable once its name is gone.
      database.pragma("journal_mode = delete");
      database.pragma("query_only = on");
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

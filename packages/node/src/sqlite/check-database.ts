import Database from "better-sqlite3";
import { meaningOf, needsSharedMemory } from "./store-errors.js";

const maxMessages = 5;

/** What SQLite finds wrong with a database file and its indexes; empty if nothing. It reads the whole file. */
export function checkDatabase(path: string): readonly string[] {
  try {
    return checkIn(new Database(path, { readonly: true, fileMustExist: true }));
  } catch (error) {
    if (!needsSharedMemory(error)) throw meaningOf(error, path);
    return checkAlone(path);
  }
}

// On a full disk.
function checkAlone(path: string): readonly string[] {
  try {
    const database = new Database(path, { fileMustExist: true });
    database.pragma("locking_mode = exclusive");
    return checkIn(database);
  } catch (error) {
    throw meaningOf(error, path);
  }
}

function checkIn(database: Database.Database): readonly string[] {
  try {
    const messages = database.prepare<[], string>(`pragma integrity_check(${maxMessages})`).pluck().all();
    return messages.filter((message) => message !== "ok");
  } finally {
    database.close();
  }
}

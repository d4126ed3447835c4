import Database from "better-sqlite3";
import { meaningOf } from "./store-errors.js";

const maxMessages = 5;

/** What SQLite finds wrong with a database file and its indexes; empty if nothing. It reads the whole file. */
export function checkDatabase(path: string): readonly string[] {
  try {
    const database = new Database(path, { readonly: true, fileMustExist: true });
    try {
      const messages = database.prepare<[], string>(`pragma integrity_check(${maxMessages})`).pluck().all();
      return messages.filter((message) => message !== "ok");
    } finally {
      database.close();
    }
  } catch (error) {
    throw meaningOf(error, path);
  }
}

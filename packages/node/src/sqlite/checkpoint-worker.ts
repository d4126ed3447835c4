import { parentPort } from "node:worker_threads";
import Database from "better-sqlite3";

/** What the worker is asked to do with a database. */
export interface CheckpointRequest {
  readonly path: string;
  /** `checkpoint` leaves the database open here; `close` gives no answer. */
  readonly type: "checkpoint" | "close";
}

/** The answer to `checkpoint`. */
export interface CheckpointAnswer {
  readonly path: string;
  /** Null if it went well. */
  readonly failure: string | null;
}

const databases = new Map<string, Database.Database>();

parentPort?.on("message", ({ path, type }: CheckpointRequest) => {
  switch (type) {
    case "checkpoint":
      parentPort?.postMessage({ path, failure: checkpoint(path) } satisfies CheckpointAnswer);
      return;
    case "close":
      databases.get(path)?.close();
      databases.delete(path);
      if (databases.size === 0) parentPort?.close();
  }
});

function checkpoint(path: string): string | null {
  try {
    opened(path).pragma("wal_checkpoint(passive)");
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function opened(path: string): Database.Database {
  const known = databases.get(path);
  if (known !== undefined) return known;
  const database = new Database(path, { fileMustExist: true });
  // Normal: a checkpoint flushes the log before it writes the database, and the database before the log begins anew.
  database.pragma("synchronous = normal");
  databases.set(path, database);
  return database;
}

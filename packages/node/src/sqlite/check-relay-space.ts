import type { Problem } from "@darksync/core/result";
import { checkSpace, relayRepairHint } from "@darksync/runtime/relay/check-space";
import { type RelayTables, type Store, StoreError } from "@darksync/runtime/store/store";
import Database from "better-sqlite3";
import { openPorts } from "../crypto.js";
import { checkDatabase } from "./check-database.js";
import { checkRelayDatabase } from "./check-relay-database.js";
import { checkSchema } from "./check-schema.js";
import { Connection } from "./connection.js";
import { relayTablesOver } from "./relay-tables.js";
import { relaySchema } from "./schema.js";
import { SqliteStore } from "./sqlite-store.js";
import { meaningOf } from "./store-errors.js";

/** A relay's database, to be checked whole. */
export interface CheckedDatabase {
  readonly path: string;
  /** The id of its space. */
  readonly space: string;
  /** Hex: the relay's public key; null: whatever key the manifests name. */
  readonly relayKey: string | null;
}

/**
 * Reads all of a relay's database and says what is not as it was written; nothing is changed. The relay may be running.
 * `pause` is waited for between a little and a little more.
 */
export async function checkRelaySpace(
  { path, space, relayKey }: CheckedDatabase,
  pause: () => Promise<void>,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const attempt = (look: () => void) => {
    try {
      look();
    } catch (error) {
      problems.push(problemOf(error));
    }
  };
  attempt(() => problems.push(...checkDatabase(path).map(damaged)));
  await pause();
  attempt(() => checkOpened(space, path));
  const store = openToRead(path);
  if (store === null) return withoutRepeats(problems);
  try {
    problems.push(...(await checkSpace(openPorts, { id: space, store, relayKey, pause })));
  } finally {
    store.close();
  }
  return withoutRepeats(problems);
}

function openConnection(path: string): Connection {
  try {
    const database = new Database(path, { readonly: true, fileMustExist: true });
    try {
      checkSchema(database, path, relaySchema);
      return new Connection(database);
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw meaningOf(error, path);
  }
}

function checkOpened(space: string, path: string): void {
  const connection = openConnection(path);
  try {
    checkRelayDatabase(space, path, connection, relayTablesOver(connection, "read"));
  } finally {
    connection.close();
  }
}

/** Null if it cannot be opened, which was found already. */
function openToRead(path: string): Store<RelayTables> | null {
  try {
    const connection = openConnection(path);
    return new SqliteStore(path, connection, relayTablesOver(connection, "read"));
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

function damaged(message: string): Problem {
  return { code: "database-corrupt", message: `the database is damaged: ${message}`, hint: relayRepairHint };
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof StoreError)) throw error;
  const { code, message, hint } = error;
  return { code, message, hint: code === "database-corrupt" ? relayRepairHint : hint };
}

/** Several looks may stumble over one thing. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}

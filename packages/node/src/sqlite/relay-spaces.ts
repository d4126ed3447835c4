import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { RelaySpaces, RelayStore } from "@darksync/runtime/store/store";
import { fileTime } from "../file-time.js";
import { makeFolder } from "../make-folder.js";
import { checkRelayDatabase } from "./check-relay-database.js";
import { Checkpointer } from "./checkpointer.js";
import { Connection } from "./connection.js";
import { forgetDamage, notedDamage } from "./damage-note.js";
import { isReplacementDue, replaceDatabase } from "./damaged-database.js";
import { openDatabase } from "./open-database.js";
import { SqliteRelayStore } from "./relay-store.js";
import { relayTablesOver } from "./relay-tables.js";
import { relaySchema } from "./schema.js";
import { corruptError } from "./store-errors.js";

const fileSuffix = ".db";
const spacePattern = /^[0-9a-f]{1,128}$/;
// A space whose damaged database was set aside is still one of this relay's: its clients bring it again.
const filePattern = /^([0-9a-f]{1,128})\.db(?:\.damaged[^/]*)?$/;

/** The spaces of a relay, each in a file `<space>.db` of this folder. */
export function openRelaySpaces(dir: string): RelaySpaces {
  makeFolder(dir);
  finishRepairs(dir);
  return new FileSpaces(dir);
}

/** Puts in place what a repair that was cut short had made whole. */
export function finishRepairs(dir: string): void {
  for (const file of readdirSync(dir)) {
    const path = join(dir, file.replace(/\.rebuilt$/, ""));
    if (file.endsWith(`${fileSuffix}.rebuilt`) && isReplacementDue(path)) {
      replaceDatabase(path, fileTime());
      forgetDamage(path);
    }
  }
}

/** Ids of the spaces in a relay's folder, those too that were set aside. */
export function relaySpacesIn(dir: string): readonly string[] {
  const spaces = readdirSync(dir).flatMap((file) => filePattern.exec(file)?.[1] ?? []);
  return [...new Set(spaces)].sort();
}

/** Where a relay keeps a space. */
export function relayDatabasePath(dir: string, space: string): string {
  return join(dir, space + fileSuffix);
}

class FileSpaces implements RelaySpaces {
  readonly #dir: string;
  readonly #open = new Map<string, SqliteRelayStore>();
  readonly #checkpointer = new Checkpointer();

  constructor(dir: string) {
    this.#dir = dir;
  }

  list(): readonly string[] {
    return relaySpacesIn(this.#dir);
  }

  open(space: string): RelayStore | null {
    const known = this.#open.get(space);
    if (known?.isInUse === true) return known;
    // Ids come from the network: one that is not hex could name a file elsewhere.
    if (!spacePattern.test(space) || !existsSync(this.#pathOf(space))) return null;
    return this.#openFile(space);
  }

  create(space: string): RelayStore {
    if (!spacePattern.test(space)) throw new Error(`not the id of a space: ${space.slice(0, 80)}`);
    const known = this.#open.get(space);
    return known?.isInUse === true ? known : this.#openFile(space);
  }

  close(): void {
    for (const store of this.#open.values()) store.closeNow();
    this.#checkpointer.end();
  }

  #pathOf(space: string): string {
    return relayDatabasePath(this.#dir, space);
  }

  #openFile(space: string): RelayStore {
    // One that is being closed is closed first: its file may stand under this name only once.
    this.#open.get(space)?.closeNow();
    const path = this.#pathOf(space);
    const noted = notedDamage(path);
    if (noted !== null) throw corruptError(path, noted);
    const connection = new Connection(openDatabase(path, relaySchema, { durability: "by-caller" }));
    const tables = relayTablesOver(connection, "send");
    try {
      checkRelayDatabase(space, path, connection, tables);
    } catch (error) {
      connection.close();
      throw error;
    }
    const store = new SqliteRelayStore(path, connection, tables, this.#checkpointer, () =>
      this.#open.delete(space),
    );
    this.#open.set(space, store);
    return store;
  }
}

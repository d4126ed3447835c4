import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { SealedBlocks } from "@darksync/runtime/store/sealed-blocks";
import type { RelaySpaces, RelayStore, RelayTables } from "@darksync/runtime/store/store";
import { blockPorts } from "../crypto.js";
import { makeFolder } from "../make-folder.js";
import { BlockTable } from "./block-table.js";
import { Checkpointer } from "./checkpointer.js";
import { Connection } from "./connection.js";
import { ManifestTable } from "./manifest-table.js";
import { MetaTable } from "./meta-table.js";
import { NameTable } from "./name-table.js";
import { openDatabase } from "./open-database.js";
import { SqliteRelayStore } from "./relay-store.js";
import { relaySchema } from "./schema.js";
import { SegmentTable } from "./segment-table.js";
import { StreamTable } from "./stream-table.js";

const fileSuffix = ".db";
const spacePattern = /^[0-9a-f]{1,128}$/;
// A space whose damaged database was set aside is still one of this relay's: its clients bring it again.
const filePattern = /^([0-9a-f]{1,128})\.db(?:\.damaged[^/]*)?$/;

/** The spaces of a relay, each in a file `<space>.db` of this folder. */
export function openRelaySpaces(dir: string): RelaySpaces {
  makeFolder(dir);
  return new FileSpaces(dir);
}

class FileSpaces implements RelaySpaces {
  readonly #dir: string;
  readonly #open = new Map<string, SqliteRelayStore>();
  readonly #checkpointer = new Checkpointer();

  constructor(dir: string) {
    this.#dir = dir;
  }

  list(): readonly string[] {
    const spaces = readdirSync(this.#dir).flatMap((file) => filePattern.exec(file)?.[1] ?? []);
    return [...new Set(spaces)].sort();
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
    return join(this.#dir, space + fileSuffix);
  }

  #openFile(space: string): RelayStore {
    // One that is being closed is closed first: its file may stand under this name only once.
    this.#open.get(space)?.closeNow();
    const path = this.#pathOf(space);
    const connection = new Connection(openDatabase(path, relaySchema, { durability: "by-caller" }));
    const logs = new NameTable(connection, "log");
    const segments = new SegmentTable(connection, logs);
    const sealed = new SealedBlocks(blockPorts, "send");
    const tables: RelayTables = {
      meta: new MetaTable(connection),
      blocks: new BlockTable(connection, logs, new StreamTable(connection, logs), segments, sealed),
      segments,
      manifests: new ManifestTable(connection, logs),
    };
    const store = new SqliteRelayStore(path, connection, tables, this.#checkpointer, () =>
      this.#open.delete(space),
    );
    this.#open.set(space, store);
    return store;
  }
}

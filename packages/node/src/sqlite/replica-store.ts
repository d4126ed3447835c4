import { SealedBlocks } from "@darksync/runtime/store/sealed-blocks";
import type { ReplicaStore, ReplicaTables } from "@darksync/runtime/store/store";
import type Database from "better-sqlite3";
import { blockPorts } from "../crypto.js";
import { BlockTable } from "./block-table.js";
import { ChangeNumbers } from "./change-numbers.js";
import { ChangePages } from "./change-pages.js";
import { ChangeRows } from "./change-rows.js";
import { ChangeTable } from "./change-table.js";
import { Connection } from "./connection.js";
import { DependencyTable } from "./dependency-table.js";
import { DurableTable } from "./durable-table.js";
import { MetaTable } from "./meta-table.js";
import { NameQueries } from "./name-queries.js";
import { NameTable } from "./name-table.js";
import { type OpenOptions, openDatabase } from "./open-database.js";
import { PackageTables } from "./package-tables.js";
import { addUnpacked } from "./packed-text.js";
import { QueueTable } from "./queue-table.js";
import { RegisterTable } from "./register-table.js";
import { replicaSchema } from "./schema.js";
import { SeenTable } from "./seen-table.js";
import { SegmentTable } from "./segment-table.js";
import { SqliteStore } from "./sqlite-store.js";
import { StorageTable } from "./storage-table.js";
import { corruptError } from "./store-errors.js";
import { StreamTable } from "./stream-table.js";
import { TextTable } from "./text-table.js";

/** Opens a replica's database, made if there is none; throws a `StoreError` if it cannot be used. */
export function openReplicaStore(path: string, options: OpenOptions = {}): ReplicaStore {
  return replicaStoreOver(openDatabase(path, replicaSchema, options), path);
}

/** A replica's store over a database that was opened. */
export function replicaStoreOver(database: Database.Database, path: string): ReplicaStore {
  addUnpacked(database);
  const connection = new Connection(database);
  const logs = new NameTable(connection, "log");
  const devices = new NameTable(connection, "device");
  const streams = new StreamTable(connection, logs);
  const damaged = (reason: string) => corruptError(path, reason);
  const pages = new ChangePages(connection, damaged);
  const numbers = new ChangeNumbers(connection, pages);
  const rows = new ChangeRows(connection, pages);
  const registers = new RegisterTable(connection, numbers, damaged);
  const names = new NameQueries(connection, registers);
  const texts = new TextTable(connection, numbers, rows);
  const segments = new SegmentTable(connection, logs);
  const tables: ReplicaTables = {
    meta: new MetaTable(connection),
    blocks: new BlockTable(connection, logs, streams, segments, new SealedBlocks(blockPorts, "read")),
    durable: new DurableTable(connection, logs, streams),
    changes: new ChangeTable(connection, numbers, rows, pages, logs, devices, streams),
    packages: new PackageTables(connection, numbers, rows, registers, names, texts, damaged),
    queue: new QueueTable(connection),
    seen: new SeenTable(connection, streams),
    dependencies: new DependencyTable(connection),
    texts,
    storage: new StorageTable(connection),
    segments,
  };
  return new SqliteStore(path, connection, tables);
}

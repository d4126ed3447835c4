import { SealedBlocks } from "@darksync/runtime/store/sealed-blocks";
import type { RelayTables } from "@darksync/runtime/store/store";
import { blockPorts } from "../crypto.js";
import { BlockTable } from "./block-table.js";
import type { Connection } from "./connection.js";
import { ManifestTable } from "./manifest-table.js";
import { MetaTable } from "./meta-table.js";
import { NameTable } from "./name-table.js";
import { SegmentTable } from "./segment-table.js";
import { StreamTable } from "./stream-table.js";

/** A relay's tables over one connection. `use`: whether sealed blocks are read here, or sent on. */
export function relayTablesOver(connection: Connection, use: "read" | "send"): RelayTables {
  const logs = new NameTable(connection, "log");
  const segments = new SegmentTable(connection, logs);
  const sealed = new SealedBlocks(blockPorts, use);
  return {
    meta: new MetaTable(connection),
    blocks: new BlockTable(connection, logs, new StreamTable(connection, logs), segments, sealed),
    segments,
    manifests: new ManifestTable(connection, logs),
  };
}

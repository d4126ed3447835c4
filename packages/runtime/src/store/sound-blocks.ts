import { type BlockPorts, decodeBlock, type OpenBlock, openBlock } from "@darksync/core/block";
import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { BlockStore, StoredBlock } from "./block-store.js";
import { StoreError } from "./store.js";

/** A stored block, opened; null if it is not what its hash says, or not the block of this place. */
export function openStored(ports: BlockPorts, stream: StreamName, stored: StoredBlock): OpenBlock | null {
  const block = decodeBlock(stored.bytes);
  const opened = block === null ? null : openBlock(ports, block);
  if (opened === null || opened.hash !== stored.hash) return null;
  return opened.header.stream === stream && opened.header.seq === stored.seq ? opened : null;
}

/** What is read of a log to be sent. */
export type ReadableBlocks = Pick<BlockStore, "tips" | "read">;

/** Reads blocks and compares each with its hash: throws a `StoreError` where one is not what it was. */
export function soundBlocks(ports: BlockPorts, blocks: ReadableBlocks): ReadableBlocks {
  return {
    tips: (log) => blocks.tips(log),
    read: (log, stream, firstSeq, maxBytes) => {
      const stored = blocks.read(log, stream, firstSeq, maxBytes);
      for (const block of stored)
        if (openStored(ports, stream, block) === null) throw rottenBlock(log, stream, block.seq);
      return stored;
    },
  };
}

function rottenBlock(log: LogName, stream: StreamName, seq: number): StoreError {
  return damagedStore(`block ${seq} of the stream ${stream} in ${log} is not what its hash says`);
}

/** The error of a store in which something is not what was written. */
export function damagedStore(reason: string): StoreError {
  return new StoreError(
    "database-corrupt",
    `the database is damaged: ${reason}`,
    "repair it from its good parts and from those who have the rest",
  );
}

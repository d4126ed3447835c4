import type { BlockPorts } from "@darksync/core/block";
import { changeOf, indexOf, maxOpsPerChange } from "@darksync/core/op-id";
import { SealedBlocks } from "../store/sealed-blocks.js";
import type { ReplicaTables } from "../store/store.js";
import { Journal } from "./journal.js";
import { MemoryBlocks } from "./memory-blocks.js";
import { MemoryChanges } from "./memory-changes.js";
import { MemoryDependencies } from "./memory-dependencies.js";
import { MemoryMeta } from "./memory-meta.js";
import { MemoryPackages } from "./memory-packages.js";
import { MemoryQueue } from "./memory-queue.js";
import { MemorySeen } from "./memory-seen.js";
import { MemorySegments, noPorts } from "./memory-segments.js";
import { MemoryStore } from "./memory-store.js";
import { MemoryTexts } from "./memory-texts.js";

/** A replica's store in memory. Without `ports` it can hold no blocks of segments. */
export function memoryReplicaStore(ports: BlockPorts = noPorts): MemoryStore<ReplicaTables> {
  const journal = new Journal();
  const segments = new MemorySegments(journal);
  const blocks = new MemoryBlocks(journal, segments, new SealedBlocks(ports, "read"));
  const changes = new MemoryChanges(journal);
  const texts = new MemoryTexts(
    journal,
    (op) => (changes.get(changeOf(op))?.number ?? 0) * maxOpsPerChange + indexOf(op),
  );
  const tables: ReplicaTables = {
    meta: new MemoryMeta(journal),
    blocks,
    durable: blocks,
    changes,
    packages: new MemoryPackages(journal, texts, (id) => changes.has(id)),
    queue: new MemoryQueue(journal),
    seen: new MemorySeen(journal),
    dependencies: new MemoryDependencies(journal),
    texts,
    storage: {
      usedBytes: () => texts.sizes().heldBytes + segments.heldBytes(),
      historyBytes: () => segments.heldBytes(),
      reclaim: () => false,
    },
    segments,
  };
  return new MemoryStore(journal, tables);
}

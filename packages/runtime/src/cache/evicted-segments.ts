import type { StoredSegment } from "../store/segment-store.js";
import type { ReplicaTables } from "../store/store.js";

/** The hashes (hex) of the sealed parts of the history whose bytes are not here. */
export function evictedSegments(tables: Pick<ReplicaTables, "blocks" | "segments">): readonly string[] {
  return notHere(tables).map(({ hash }) => hash);
}

/** How many bytes of the history are not here. */
export function evictedBytes(tables: Pick<ReplicaTables, "blocks" | "segments">): number {
  return notHere(tables).reduce((sum, { byteCount, heldBytes }) => sum + byteCount - heldBytes, 0);
}

function notHere({ blocks, segments }: Pick<ReplicaTables, "blocks" | "segments">): readonly StoredSegment[] {
  return blocks
    .logs()
    .flatMap((log) => segments.list(log))
    .filter(({ heldBytes, byteCount }) => heldBytes < byteCount);
}

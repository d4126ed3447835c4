import type { LogName } from "@darksync/core/vector";
import type { Manifest } from "@darksync/log/manifest";
import { tagOf } from "@darksync/sync/digest";
import type { StoredSegment } from "../store/segment-store.js";
import { damagedStore } from "../store/sound-blocks.js";
import type { RelayTables } from "../store/store.js";
import { readManifest } from "./sealed-head.js";

/**
 * Looks, when a relay opens a space, whether its rows fit together where they end: each stream's last block is the one
 * noted and nothing lies beyond it, and each manifest speaks of the segments that are there. Throws a `StoreError` if
 * not. The cost follows the numbers of streams and logs, not what they hold.
 */
export function checkEnds(space: string, tables: RelayTables): void {
  const { blocks } = tables;
  for (const log of blocks.logs()) {
    for (const [stream, { seq, hash }] of blocks.tips(log)) {
      if (blocks.hashAt(log, stream, seq) !== hash || blocks.hashAt(log, stream, seq + 1) !== null)
        throw damagedStore(`the stream ${stream} in ${log} does not end with the block noted`);
    }
    const manifest = readManifest(tables, log);
    const segment = manifest === null ? 0 : manifest.segments.length - 1;
    const problem =
      manifestProblem(space, log, tables, manifest) ?? segmentProblem(log, tables, manifest, segment);
    if (problem !== null) throw damagedStore(problem);
  }
}

/** What in a log's manifest is not as its rows say; null if nothing. Segments are not looked at. */
export function manifestProblem(
  space: string,
  log: LogName,
  { blocks, segments }: RelayTables,
  manifest: Manifest | null,
): string | null {
  const count = manifest?.segments.length ?? 0;
  if (segments.get(log, count) !== null) return `${log} has a segment that its manifest does not name`;
  if (manifest === null) return null;
  if (manifest.space !== space || manifest.log !== log) return `the manifest of ${log} is another one's`;
  for (const { stream, seq, tag } of manifest.tips) {
    const hash = blocks.hashAt(log, stream, seq);
    if (hash === null || tagOf(hash) !== tag) return `the manifest of ${log} names a block that is not there`;
  }
  return null;
}

/** What of a segment's row is not as the manifest says; null if nothing. Its bytes are not read. */
export function segmentProblem(
  log: LogName,
  { segments }: RelayTables,
  manifest: Manifest | null,
  number: number,
): string | null {
  const entry = manifest?.segments[number];
  if (entry === undefined) return null;
  const row = segments.get(log, number);
  const isThere =
    row !== null && row.hash === entry.hash && isWhole(row) && row.byteCount === entry.byteCount;
  return isThere ? null : `segment ${number} of ${log} is not the one that the manifest names`;
}

function isWhole({ byteCount, heldBytes }: StoredSegment): boolean {
  return byteCount === heldBytes;
}

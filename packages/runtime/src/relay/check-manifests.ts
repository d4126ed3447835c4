import type { LogName } from "@darksync/core/vector";
import type { Manifest } from "@darksync/log/manifest";
import { tagOf } from "@darksync/sync/digest";
import type { StoredSegment } from "../store/segment-store.js";
import { damagedStore } from "../store/sound-blocks.js";
import type { RelayTables } from "../store/store.js";
import { readManifest } from "./sealed-head.js";

/**
 * Looks, when a relay opens a space, whether each manifest speaks of the segments and blocks that are there. Throws a
 * `StoreError` if not. The cost follows the numbers of streams and logs, not what they hold.
 */
export function checkManifests(space: string, tables: RelayTables): void {
  for (const log of tables.blocks.logs()) {
    const manifest = readManifest(tables, log);
    const last = manifest === null ? 0 : manifest.segments.length - 1;
    const problem =
      manifestProblem(space, log, tables, manifest) ?? segmentProblem(log, tables, manifest, last);
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

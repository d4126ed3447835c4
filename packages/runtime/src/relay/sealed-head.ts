import type { StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import { firstHead, type Head } from "@darksync/log/head";
import { decodeManifest, type Manifest } from "@darksync/log/manifest";
import { damagedStore } from "../store/sound-blocks.js";
import type { RelayStore, RelayTables } from "../store/store.js";

/** What a relay has sealed of a log; null if nothing is. */
export function readManifest({ manifests }: RelayTables, log: LogName): Manifest | null {
  const bytes = manifests.get(log);
  if (bytes === null) return null;
  const manifest = decodeManifest(bytes);
  if (manifest === null) throw damagedStore(`the manifest of ${log} cannot be read`);
  return manifest;
}

/** The live end of a log, as its manifest says. */
export function headOf(manifest: Manifest | null): Head {
  if (manifest === null) return firstHead;
  const sealed = new Map(manifest.tips.map(({ stream, seq }) => [stream, seq]));
  return { number: manifest.segments.length, sealed };
}

/** An earlier head of a log whose live one is `live`. Its cost follows the number of streams. */
export function earlierHead(store: RelayStore, log: LogName, live: Head, number: number): Head {
  if (number === live.number) return live;
  const sealed = store.read((tables) => {
    const vector = new Map<StreamName, number>();
    for (const [stream, seq] of live.sealed) {
      const before = lastSealed(tables, log, stream, seq, (segment) => segment < number, live.number - 1);
      if (before > 0) vector.set(stream, before);
    }
    return vector;
  });
  return { number, sealed };
}

/** How far the rows of a log's blocks keep no bytes of their own. */
export function emptiedVector(store: RelayStore, log: LogName, sealed: Vector): Vector {
  return store.read(
    (tables) =>
      new Map(
        [...sealed].map(([stream, seq]) => [stream, lastSealed(tables, log, stream, seq, () => true, null)]),
      ),
  );
}

// Segments follow each other along a stream. A row that was not emptied yet lies in the last segment.
function lastSealed(
  { blocks }: RelayTables,
  log: LogName,
  stream: StreamName,
  last: number,
  isBefore: (segment: number) => boolean,
  unemptied: number | null,
): number {
  let [low, high] = [0, last];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const segment = blocks.segmentOf(log, stream, middle) ?? unemptied;
    if (segment !== null && isBefore(segment)) low = middle;
    else high = middle - 1;
  }
  return low;
}

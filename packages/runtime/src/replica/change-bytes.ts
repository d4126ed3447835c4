import { decodeBlock, readPayload } from "@darksync/core/block";
import { changeId } from "@darksync/core/change";
import type { Compression, Hash } from "@darksync/core/ports";
import type { ChangeRecord } from "../store/change-store.js";
import { type ReplicaTables, StoreError } from "../store/store.js";

// What is read by location lies in a few blocks, here and there. A block's payload has at most 1 MiB.
const mostBlocksKept = 16;

/**
 * Finds the bytes of changes, which lie in blocks once they are signed. Reading many of a few blocks unpacks each once:
 * make a reader for one task and let it go.
 */
export class ChangeReader {
  readonly #tables: ReplicaTables;
  readonly #compression: Compression;
  /** The changes of the blocks that were read last, the earliest first. */
  readonly #kept = new Map<string, readonly Uint8Array[]>();

  constructor(tables: ReplicaTables, compression: Compression) {
    this.#tables = tables;
    this.#compression = compression;
  }

  /** The bytes of a change that this replica holds. */
  bytesOf(record: ChangeRecord): Uint8Array {
    if (record.place === null) {
      if (record.bytes === null) throw damaged(`change ${record.id} has neither bytes nor a block`);
      return record.bytes;
    }
    const { stream, seq, index } = record.place;
    const bytes = this.changesOf(record.log, stream, seq)[index];
    if (bytes === undefined) throw damaged(`change ${record.id} is not in its block`);
    return bytes;
  }

  /** The encoded changes of a block that this replica holds. */
  changesOf(log: string, stream: string, seq: number): readonly Uint8Array[] {
    const key = `${log} ${stream} ${seq}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const stored = this.#tables.blocks.read(log, stream, seq, 1)[0];
    const block = stored === undefined ? null : decodeBlock(stored.bytes);
    const changes = block === null ? null : readPayload(this.#compression, block);
    if (changes === null) throw damaged(`block ${seq} of ${stream} in ${log} cannot be read`);
    const [earliest] = this.#kept.keys();
    if (earliest !== undefined && this.#kept.size >= mostBlocksKept) this.#kept.delete(earliest);
    this.#kept.set(key, changes);
    return changes;
  }
}

/**
 * The bytes of an own change that is to be signed, or signed anew. Throws a `StoreError` if they are not what its id
 * says: what rotted here must not go out under this device's name.
 */
export function soundBytes(
  hash: Hash,
  { id, device, log }: Pick<ChangeRecord, "id" | "device" | "log">,
  bytes: Uint8Array | null,
): Uint8Array {
  if (bytes !== null && changeId(hash, device, log, bytes) === id) return bytes;
  throw damaged(`change ${id.slice(0, 12)} is not what its id says`);
}

function damaged(what: string): StoreError {
  return new StoreError(
    "database-corrupt",
    `the database is damaged: ${what}`,
    "move it aside, then rebuild it from the relay or a peer",
  );
}

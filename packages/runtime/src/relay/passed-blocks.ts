import type { Hash } from "@darksync/core/ports";
import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { AdmittedBlock } from "@darksync/log/admission";
import { firstHead, type Head } from "@darksync/log/head";
import { encodeAppends, type Run } from "@darksync/log/update";
import { batchBytes, encodeMessage } from "@darksync/sync/message";
import { syncUpdate } from "@darksync/sync/room-message";

/**
 * Blocks that came into a log in one turn and are passed on: of whoever sent them, and framed once, however many hear
 * of them. They are committed but perhaps not durable, so they say nothing of what the relay keeps (L5).
 */
export class PassedBlocks {
  readonly log: LogName;
  readonly #hash: Hash;
  readonly #batches: readonly (readonly Run[])[];
  #clientMessages: readonly Uint8Array[] | null = null;
  readonly #roomMessages = new Map<number, readonly Uint8Array[]>();

  constructor(hash: Hash, log: LogName, blocks: readonly AdmittedBlock[]) {
    this.log = log;
    this.#hash = hash;
    this.#batches = batchesOf(blocks);
  }

  /** For our own clients: mostly one message. */
  get clientMessages(): readonly Uint8Array[] {
    this.#clientMessages ??= this.#updates(firstHead).map((update) =>
      encodeMessage({ type: "update", log: this.log, update }),
    );
    return this.#clientMessages;
  }

  /** For stock Yjs providers in the room of a head. */
  roomMessages(head: Head): readonly Uint8Array[] {
    const messages = this.#roomMessages.get(head.number) ?? this.#updates(head).map(syncUpdate);
    this.#roomMessages.set(head.number, messages);
    return messages;
  }

  #updates(head: Head): readonly Uint8Array[] {
    return this.#batches.map((runs) => encodeAppends(this.#hash, head, runs));
  }
}

/** The blocks as runs, one a stream, in parts of about `batchBytes`. */
function batchesOf(blocks: readonly AdmittedBlock[]): readonly (readonly Run[])[] {
  const batches: (readonly Run[])[] = [];
  let runs = new Map<StreamName, { stream: StreamName; firstSeq: number; blocks: Uint8Array[] }>();
  let bytesLeft = batchBytes;
  for (const { header, bytes } of blocks) {
    if (bytesLeft < bytes.length && runs.size > 0) {
      batches.push([...runs.values()]);
      runs = new Map();
      bytesLeft = batchBytes;
    }
    bytesLeft -= bytes.length;
    const run = runs.get(header.stream);
    if (run !== undefined) run.blocks.push(bytes);
    else runs.set(header.stream, { stream: header.stream, firstSeq: header.seq, blocks: [bytes] });
  }
  if (runs.size > 0) batches.push([...runs.values()]);
  return batches;
}

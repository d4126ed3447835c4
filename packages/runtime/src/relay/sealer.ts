import { toHex } from "@darksync/core/bytes";
import type { Compression, Hash, Signer } from "@darksync/core/ports";
import type { LogName, Vector } from "@darksync/core/vector";
import type { Head } from "@darksync/log/head";
import { encodeManifest, type Manifest, type SealedTip } from "@darksync/log/manifest";
import { encodeSegment } from "@darksync/log/segment";
import { tagOf } from "@darksync/sync/digest";
import { type RelayStore, StoreError } from "../store/store.js";
import type { Timers } from "../transport.js";
import { type CollectedSegment, collectSegment, DamagedBlock } from "./collect-segment.js";
import { emptiedVector, headOf, readManifest } from "./sealed-head.js";

/** When and how a relay seals. */
export interface SealingPorts {
  /** Compresses the body of a segment as brotli, away from what the relay does meanwhile. */
  readonly compress: (body: Uint8Array) => Compressing;
  readonly timers: Pick<Timers, "after">;
  readonly limits: SealingLimits;
}

/** A compression under way. */
export interface Compressing {
  /** Rejects if it was cancelled. */
  readonly compressed: Promise<Uint8Array>;
  cancel(): void;
}

/** A log is sealed when either is reached. */
export interface SealingLimits {
  readonly changes: number;
  /** Of blocks as they are stored. */
  readonly bytes: number;
  /** Where much comes in at once, it waits until nothing came for so long, or until four times as much is there. */
  readonly quietMs: number;
}

/** What a sealer works with. */
export interface SealerPorts {
  readonly hash: Hash;
  readonly compression: Compression;
  /** The relay's key. */
  readonly signer: Signer;
  readonly sealing: SealingPorts;
  /** Calls back when others have had their turn. */
  readonly afterTurn: (callback: () => void) => void;
}

/** Whose logs a sealer seals. */
export interface SealerEvents {
  /** The live end of a log as it may be told; what was asked for once stays so until `onSealed`. */
  head(log: LogName): Head;
  /** A segment is durable, and so is the manifest that names it. */
  onSealed(log: LogName, head: Head, segment: { readonly byteCount: number }): void;
  onFailure(error: unknown): void;
}

/** How much is sealed together at most, in multiples of what begins a seal; and what is not waited with any longer. */
const most = 4;
/** What is compressed together at most: twice as much gains some 2 % more, and takes as much more memory to read. */
const maxBodyBytes = 12 * 1024 * 1024;
const readAtOnceBytes = 256 * 1024;
/** A segment that could not be stored is not made again at once: it takes seconds. */
const restMs = 10 * 60_000;

/** What of a log is not sealed. */
interface Size {
  readonly changes: number;
  readonly bytes: number;
  /** Whether there may be more: counting ended where it was enough to begin. */
  readonly isMore: boolean;
}

/**
 * Seals the logs of one space (L6): what lies in rows is packed into a segment, the segment is stored with the manifest
 * that names it in one transaction, and the rows give their bytes back a few at a time. Whatever is cut off begins anew;
 * what was stored is done.
 */
export class Sealer {
  readonly #ports: SealerPorts;
  readonly #space: string;
  readonly #store: RelayStore;
  readonly #events: SealerEvents;
  readonly #sizes = new Map<LogName, Size>();
  /** How to call off what waits for quiet. */
  readonly #waiting = new Map<LogName, () => void>();
  readonly #due = new Set<LogName>();
  /** Logs whose rows were looked at for bytes that a crash kept from being given back. */
  readonly #emptied = new Set<LogName>();
  /** Logs that cannot be sealed: damaged ones. */
  readonly #givenUp = new Set<LogName>();
  /** Logs whose segment could not be stored, with how to call off the next try. */
  readonly #resting = new Map<LogName, () => void>();
  #working: Promise<void> | null = null;
  #compressing: Compressing | null = null;
  #isStopped = false;

  constructor(ports: SealerPorts, space: string, store: RelayStore, events: SealerEvents) {
    this.#ports = ports;
    this.#space = space;
    this.#store = store;
    this.#events = events;
  }

  /** Whether something is being sealed or waits for it. */
  get isBusy(): boolean {
    return this.#working !== null || this.#waiting.size > 0;
  }

  /** Blocks were committed to a log. */
  noteCommitted(log: LogName, changes: number, bytes: number): void {
    if (this.#isStopped || this.#givenUp.has(log) || this.#resting.has(log)) return;
    const known = this.#sizes.get(log);
    // What is counted anew includes what was committed just now.
    const size =
      known === undefined
        ? this.#measured(log)
        : { ...known, changes: known.changes + changes, bytes: known.bytes + bytes };
    if (size === null) return;
    this.#sizes.set(log, size);
    const { limits } = this.#ports.sealing;
    if (this.#due.has(log) || !reaches(size, limits, 1)) return;
    this.#waiting.get(log)?.();
    this.#waiting.delete(log);
    if (limits.quietMs === 0 || size.isMore || reaches(size, limits, most)) this.#begin(log);
    else this.#beginWhenQuiet(log, limits.quietMs);
  }

  /** Looks at all logs: a relay that was stopped may have left some that nobody writes to any more. */
  async lookAtAll(): Promise<void> {
    for (const log of this.#store.read(({ blocks }) => blocks.logs())) {
      if (this.#isStopped) return;
      this.noteCommitted(log, 0, 0);
      await this.#pause();
    }
  }

  #measured(log: LogName): Size | null {
    try {
      return this.#measure(log);
    } catch (error) {
      this.#failed(log, error);
      return null;
    }
  }

  /** Fulfilled when nothing is being sealed. */
  async idle(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  /** Begins nothing more and breaks off what can be begun anew. Fulfilled when the store is not used any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const callOff of [...this.#waiting.values(), ...this.#resting.values()]) callOff();
    this.#waiting.clear();
    this.#resting.clear();
    this.#compressing?.cancel();
    await this.idle();
  }

  /** Forgets what can be read again. */
  forget(log: LogName): void {
    if (!this.#due.has(log) && !this.#waiting.has(log)) this.#sizes.delete(log);
  }

  #beginWhenQuiet(log: LogName, quietMs: number): void {
    const begin = () => {
      this.#waiting.delete(log);
      this.#begin(log);
    };
    this.#waiting.set(log, this.#ports.sealing.timers.after(quietMs, begin));
  }

  #begin(log: LogName): void {
    this.#due.add(log);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    await this.#pause();
    for (const log of this.#due) {
      try {
        await this.#sealLog(log);
      } catch (error) {
        this.#failed(log, error);
      }
      this.#due.delete(log);
    }
    this.#working = null;
  }

  #failed(log: LogName, error: unknown): void {
    this.#sizes.delete(log);
    this.#emptied.delete(log);
    if (this.#isStopped) return;
    // A full disk may have room again later; damage stays.
    if (error instanceof StoreError) this.#rest(log);
    else this.#givenUp.add(log);
    this.#events.onFailure(error);
  }

  #rest(log: LogName): void {
    const tryAgain = () => {
      this.#resting.delete(log);
      this.#begin(log);
    };
    this.#resting.set(log, this.#ports.sealing.timers.after(restMs, tryAgain));
  }

  async #sealLog(log: LogName): Promise<void> {
    const { limits } = this.#ports.sealing;
    await this.#finishEmptying(log);
    while (!this.#isStopped && reaches(this.#sizeOf(log), limits, 1)) await this.#sealOnce(log);
  }

  async #sealOnce(log: LogName): Promise<void> {
    const { hash, signer, sealing } = this.#ports;
    // What is told of the log stays as it is until the new segment is durable.
    this.#events.head(log);
    const manifest = this.#store.read((tables) => readManifest(tables, log));
    const head = headOf(manifest);
    const limits = { changes: most * sealing.limits.changes, bodyBytes: maxBodyBytes };
    const collected = await collectSegment(this.#ports, this.#store, log, head.sealed, limits, this.#pause);
    const { number } = head;
    const bytes = await encodeSegment(this.#compress, { log, number, runs: collected.runs });
    const segment = { number, hash: toHex(hash(bytes)), byteCount: bytes.length };
    const next = nextManifest(this.#space, log, manifest, collected, segment);
    const signed = await encodeManifest(signer, next);
    if (this.#isStopped) return;
    await this.#store.write(({ segments, manifests }) => {
      segments.put(log, segment, bytes);
      manifests.set(log, signed);
    });
    await this.#store.durable();
    this.#subtract(log, collected);
    this.#events.onSealed(log, headOf(next), segment);
    const ends = new Map([...collected.tips].map(([stream, { seq }]) => [stream, seq]));
    await this.#emptyRows(log, number, head.sealed, ends);
  }

  readonly #compress = async (body: Uint8Array): Promise<Uint8Array> => {
    this.#compressing = this.#ports.sealing.compress(body);
    try {
      return await this.#compressing.compressed;
    } finally {
      this.#compressing = null;
    }
  };

  readonly #pause = (): Promise<void> => new Promise((resolve) => this.#ports.afterTurn(resolve));

  /** A crash may have left rows with bytes that are in the last segment too. */
  async #finishEmptying(log: LogName): Promise<void> {
    if (this.#emptied.has(log)) return;
    this.#emptied.add(log);
    const { number, sealed } = this.#events.head(log);
    if (number > 0) await this.#emptyRows(log, number - 1, emptiedVector(this.#store, log, sealed), sealed);
  }

  async #emptyRows(log: LogName, segment: number, from: Vector, to: Vector): Promise<void> {
    for (const [stream, last] of to) {
      for (let seq = (from.get(stream) ?? 0) + 1; seq <= last && !this.#isStopped; ) {
        const first = seq;
        seq = await this.#store.write(({ blocks }) => {
          const stored = blocks
            .read(log, stream, first, readAtOnceBytes)
            .filter((block) => block.seq <= last);
          for (const block of stored) blocks.seal(log, stream, block, segment);
          return first + stored.length;
        });
        if (seq === first) throw new DamagedBlock(`block ${seq} of ${stream} in ${log} is missing`);
        await this.#pause();
      }
    }
  }

  #subtract(log: LogName, { changeCount, storedBytes }: CollectedSegment): void {
    const { changes, bytes, isMore } = this.#sizeOf(log);
    if (isMore) this.#sizes.delete(log);
    else this.#sizes.set(log, { changes: changes - changeCount, bytes: bytes - storedBytes, isMore });
  }

  #sizeOf(log: LogName): Size {
    const size = this.#sizes.get(log) ?? this.#measure(log);
    this.#sizes.set(log, size);
    return size;
  }

  #measure(log: LogName): Size {
    const { limits } = this.#ports.sealing;
    const { sealed } = this.#events.head(log);
    return this.#store.read((tables) => {
      let [changes, bytes] = [0, 0];
      for (const [stream, tip] of tables.blocks.tips(log)) {
        for (let seq = (sealed.get(stream) ?? 0) + 1; seq <= tip.seq; ) {
          const stored = tables.blocks.read(log, stream, seq, readAtOnceBytes);
          for (const block of stored) {
            changes += block.changeCount;
            bytes += block.bytes.length;
          }
          if (reaches({ changes, bytes }, limits, 1)) return { changes, bytes, isMore: true };
          seq += Math.max(1, stored.length);
        }
      }
      return { changes, bytes, isMore: false };
    });
  }
}

function reaches(size: Pick<Size, "changes" | "bytes">, limits: SealingLimits, times: number): boolean {
  return size.changes >= times * limits.changes || size.bytes >= times * limits.bytes;
}

function nextManifest(
  space: string,
  log: LogName,
  before: Manifest | null,
  { tips: moved, blockCount, changeCount }: CollectedSegment,
  { hash, byteCount }: { readonly hash: string; readonly byteCount: number },
): Manifest {
  const tips = new Map<string, SealedTip>((before?.tips ?? []).map((tip) => [tip.stream, tip]));
  for (const [stream, tip] of moved) tips.set(stream, { stream, seq: tip.seq, tag: tagOf(tip.hash) });
  const segments = [...(before?.segments ?? []), { hash, byteCount, blockCount, changeCount }];
  return { space, log, segments, tips: [...tips.values()] };
}

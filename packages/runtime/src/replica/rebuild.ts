import { failure, type Result, success } from "@darksync/core/result";
import { deviceOf } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { firstHead } from "@darksync/log/head";
import { encodeAppends } from "@darksync/log/update";
import { batchBytes } from "@darksync/sync/message";
import { readHome } from "../outbox/home.js";
import type { OutboxChange, OutboxContent } from "../outbox/outbox-content.js";
import type { Home } from "../outbox/outbox-record.js";
import type { SalvagedStream } from "../store/block-salvage.js";
import { queueAgain } from "./change-bundle.js";
import { ingest } from "./ingest.js";
import { newQueueItem, queueUncovered } from "./push-queue.js";
import type { Replica } from "./replica.js";
import type { Salvage } from "./salvage.js";

/** What a replica is made anew from. */
export interface RebuildSource {
  /** Its damaged store; null if nothing of it can be read. */
  readonly salvage: Salvage | null;
  readonly outbox: OutboxContent;
}

/** What came of a rebuild, before any relay was asked. */
export interface Rebuilt {
  /** Changes in good blocks of the damaged store. */
  readonly kept: number;
  /** Own changes that no good block holds, queued again under the ids they had. */
  readonly queued: number;
  /** Streams of which blocks are missing: what the damaged store says it had, and what of it is here. */
  readonly lacking: readonly (SalvagedStream & { readonly held: number })[];
}

const queuedAtOnce = 1000;

/**
 * Makes a replica anew on its empty store (S8), from what can be read of the damaged one and from the outbox: blocks as
 * if they came from a stranger, own changes that no good block holds queued again, settings and the way to the relay. In
 * the order in which they came, as far as that can be told, so that blocks say truly what was seen (R13). Nothing counts
 * as durable until the relay says so. What this device goes on to sign begins new epochs: blocks that it signed, and
 * that are lost here, may be out there (C3, L1). A sync afterwards brings what the relay has.
 */
export async function rebuild(
  replica: Replica,
  { salvage, outbox }: RebuildSource,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<Result<Rebuilt>> {
  const home = homeOf(salvage, outbox);
  if (home === null) {
    return failure(
      "home-unknown",
      "neither the database nor the outbox says which space this was",
      "Make a new copy from the relay: darklang join URL NEWDIR --as NAME",
    );
  }
  await replica.store.write(({ meta }) => {
    for (const [key, value] of home) meta.set(key, value);
    meta.set("rebuiltAtMs", String(replica.clock()));
  });
  const own = ownChanges(salvage, outbox);
  const blocks = salvage === null ? null : new BlockFeed(replica, salvage);
  const total = (blocks?.total ?? 0) + own.length;
  let done = 0;
  for (const some of inGroups(own, blocks)) {
    const [first] = some;
    if (first === undefined) continue;
    await blocks?.feed(first.number, (fed) => onProgress(done + fed, total));
    await replica.store.write((tables) => queueAgain(replica, tables, some));
    done += some.length;
    await onProgress(done + (blocks?.fed ?? 0), total);
  }
  await blocks?.feed(Number.POSITIVE_INFINITY, (fed) => onProgress(done + fed, total));
  await queueStrays(replica, salvage, blocks);
  await replica.store.write((tables) => {
    for (const log of tables.blocks.logs()) queueUncovered(replica, tables, log);
    for (const what of salvage?.pulls() ?? [])
      tables.queue.put(newQueueItem(replica, { type: "pull", what }));
  });
  const { changes, waiting } = replica.store.read((tables) => ({
    changes: tables.changes.count(),
    waiting: tables.changes.waiting(0).length,
  }));
  return success({ kept: changes - waiting, queued: waiting, lacking: blocks?.lacking ?? [] });
}

/** The outbox has checksums, so its word counts first. */
function homeOf(salvage: Salvage | null, { home }: OutboxContent): Home | null {
  const found = new Map(home ?? readHome({ get: (key) => salvage?.meta(key) ?? null }));
  if (!found.has("member")) return null;
  // A relay was met: what it has was acknowledged, and no other space may be joined instead.
  if (found.has("relay") && found.has("space")) found.set("wasAcknowledged", "yes");
  return found.has("space") || found.has("relay") ? found : null;
}

/** Own changes that waited, from either place, each once, in the order in which they were made. */
function ownChanges(salvage: Salvage | null, { changes }: OutboxContent): readonly OutboxChange[] {
  const upTo = changes.reduce((last, { number }) => Math.max(last, number), 0);
  const found = new Map(changes.map((change) => [change.id, change]));
  for (const change of salvage?.unsigned(upTo) ?? []) found.set(change.id, change);
  return [...found.values()].sort((left, right) => left.number - right.number);
}

/** Changes between which no block came, a few at a time. */
function* inGroups(own: readonly OutboxChange[], blocks: BlockFeed | null): Generator<OutboxChange[]> {
  let group: OutboxChange[] = [];
  for (const change of own) {
    const [first] = group;
    const isFull = group.length >= queuedAtOnce;
    if (first !== undefined && (isFull || blocks?.hasBetween(first.number, change.number) === true)) {
      yield group;
      group = [];
    }
    group.push(change);
  }
  yield group;
}

/** Own changes in blocks that do not follow a good one: they cannot be kept as they were signed, but as changes. */
async function queueStrays(
  replica: Replica,
  salvage: Salvage | null,
  blocks: BlockFeed | null,
): Promise<void> {
  for (const stream of blocks?.lacking ?? []) {
    if (salvage === null || deviceOf(stream.stream) !== replica.device) continue;
    const strays = salvage.changesFrom(stream, stream.held + 1);
    const changes = strays.map(({ bytes }) => ({ log: stream.log, bytes }));
    if (changes.length > 0) await replica.store.write((tables) => queueAgain(replica, tables, changes));
  }
}

/** Takes the blocks of a damaged store into a replica, in the order in which they came there. */
class BlockFeed {
  /** Blocks that were tried. */
  fed = 0;
  readonly total: number;
  readonly #replica: Replica;
  readonly #salvage: Salvage;
  readonly #streams: readonly SalvagedStream[];
  readonly #arrivals: ReadonlyMap<string, number>;
  readonly #sortedArrivals: readonly number[];
  /** The last block of each stream that was tried; past the end where no more of it can be had. */
  readonly #tried = new Map<SalvagedStream, number>();

  constructor(replica: Replica, salvage: Salvage) {
    this.#replica = replica;
    this.#salvage = salvage;
    this.#streams = salvage.streams();
    this.#arrivals = salvage.arrivals();
    this.#sortedArrivals = [...this.#arrivals.values()].sort((left, right) => left - right);
    this.total = this.#streams.reduce((sum, { tip }) => sum + tip, 0);
  }

  /** Whether a block came after a change of one number and before one of another. */
  hasBetween(number: number, other: number): boolean {
    let low = 0;
    let high = this.#sortedArrivals.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sortedArrivals[middle] ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    return (this.#sortedArrivals[low] ?? Number.POSITIVE_INFINITY) < other;
  }

  /** Takes all blocks that came before the change of this number. */
  async feed(before: number, onProgress: (fed: number) => Promise<void>): Promise<void> {
    for (const stream of this.#streams) {
      const last = this.#lastBefore(stream, before);
      let next = (this.#tried.get(stream) ?? 0) + 1;
      while (next <= last) {
        const held = await this.#take(stream, next, last);
        this.#tried.set(stream, held < next ? stream.tip : held);
        this.fed += (held < next ? stream.tip : held) - next + 1;
        await onProgress(this.fed);
        if (held < next) break;
        next = held + 1;
      }
    }
  }

  /** The streams of which blocks are missing. */
  get lacking(): readonly (SalvagedStream & { readonly held: number })[] {
    return this.#streams
      .map((stream) => ({ ...stream, held: this.#held(stream.log, stream.stream) }))
      .filter(({ tip, held }) => held < tip);
  }

  /** Takes some blocks from `firstSeq` on; returns up to which one the replica holds the stream then. */
  async #take(stream: SalvagedStream, firstSeq: number, last: number): Promise<number> {
    const read = this.#salvage.blocks(stream, firstSeq, batchBytes);
    const blocks = read.filter(({ seq }) => seq <= last).map(({ bytes }) => bytes);
    if (blocks.length > 0) {
      const run = { stream: stream.stream, firstSeq, blocks };
      await ingest(this.#replica, stream.log, encodeAppends(this.#replica.hash, firstHead, [run]));
    }
    return this.#held(stream.log, stream.stream);
  }

  /** Where the order cannot be told, all came before. */
  #lastBefore(salvaged: SalvagedStream, before: number): number {
    const { log, stream, tip } = salvaged;
    let last = this.#tried.get(salvaged) ?? 0;
    while (last < tip && (this.#arrivals.get(`${log} ${stream} ${last + 1}`) ?? 0) < before) last += 1;
    return last;
  }

  #held(log: LogName, stream: string): number {
    return this.#replica.store.read(({ blocks }) => blocks.tip(log, stream)?.seq ?? 0);
  }
}

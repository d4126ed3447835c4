import { type Change, decodeChange } from "@darksync/core/change";
import { changeOf } from "@darksync/core/op-id";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { ChangeReader } from "../replica/change-bytes.js";
import type { Replica } from "../replica/replica.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { DependencyPair, FollowedHead } from "../store/dependency-store.js";
import type { PlacedStream } from "../store/seen-store.js";
import type { ReplicaTables } from "../store/store.js";
import { type BlockRun, concurrentBlocks } from "./concurrent-blocks.js";
import { findPairs } from "./find-pairs.js";
import { type NamingCache, namingCacheOf } from "./naming-cache.js";
import { type Naming, namingsOf, thoseThatMayStand } from "./namings.js";
import { isPackageLog } from "./note-seen.js";

/** A block by its place. */
export interface PlacedBlock extends PlacedStream {
  readonly seq: number;
}

/** Finds the pairs that concurrent changes make. Blocks that nothing is concurrent with are not read. */
export class PairFinder {
  /** What was found, each pair once. */
  readonly pairs: Map<string, DependencyPair> = new Map();
  readonly #replica: Pick<Replica, "language">;
  readonly #tables: ReplicaTables;
  readonly #reader: ChangeReader;
  readonly #changes = new Map<string, readonly Change[]>();
  readonly #namings: NamingCache;
  #streams: readonly BlockRun[] | null = null;
  #waiting: readonly Naming[] | null = null;

  constructor(replica: Pick<Replica, "language" | "compression">, tables: ReplicaTables) {
    this.#replica = replica;
    this.#tables = tables;
    this.#reader = new ChangeReader(tables, replica.compression);
    this.#namings = namingCacheOf(replica);
  }

  /** The changes of a block, for whoever has read them already. */
  know(block: PlacedBlock, changes: readonly Change[]): void {
    this.#changes.set(keyOf(block, block.seq), changes);
  }

  /** The streams of approved packages, whole. */
  streams(): readonly BlockRun[] {
    const { blocks } = this.#tables;
    this.#streams ??= blocks
      .logs()
      .filter(isPackageLog)
      .flatMap((log) =>
        [...blocks.tips(log)].map(([stream, { seq }]) => ({ log, stream, first: 1, last: seq })),
      );
    return this.#streams;
  }

  /** Compares the blocks of a run with the blocks of other devices that are concurrent with them. */
  addRun(run: BlockRun): void {
    const ofRun = new Set<number>();
    const theirs: Naming[] = [];
    for (const { other, blocks } of this.#concurrentWith(run)) {
      for (const seq of blocks.ofRun) ofRun.add(seq);
      theirs.push(...this.#mayStand(blocks.ofOther.flatMap((seq) => this.#namingsIn(other, seq))));
    }
    const ours = this.#mayStand(
      [...ofRun].sort((left, right) => left - right).flatMap((seq) => this.#namingsIn(run, seq)),
    );
    if (ours.length > 0) this.#compare(ours, theirs);
  }

  #mayStand(namings: readonly Naming[]): readonly Naming[] {
    return thoseThatMayStand(this.#tables.packages, namings);
  }

  /** Compares blocks with the changes that wait unsigned, which had not seen them, and with heads that followed moves. */
  addArrived(device: string, blocks: readonly PlacedBlock[]): void {
    const followed = this.#tables.dependencies.followed().flatMap((head) => this.#namingOf(head));
    const ofOthers = blocks.filter(({ stream }) => deviceOf(stream) !== device);
    const waiting = ofOthers.length > 0 ? this.#readWaiting() : [];
    if (waiting.length > 0) this.#compare(this.#namingsOf(ofOthers), waiting);
    if (followed.length > 0) this.#compare(this.#namingsOf(blocks), followed);
  }

  /** Compares a head that followed a move, at the place it came to, with all that is concurrent with its change. */
  addFollowed(head: FollowedHead): void {
    const record = this.#tables.changes.get(changeOf(head.id));
    if (record === null) return;
    const { log, place, number, device } = record;
    const followed = this.#tables.dependencies.followed().flatMap((other) => this.#namingOf(other));
    const blocks: PlacedBlock[] = [];
    if (place === null) blocks.push(...this.#blocksAfter(device, number));
    else {
      const run = { log, stream: place.stream, first: place.seq, last: place.seq };
      for (const { other, blocks: concurrent } of this.#concurrentWith(run))
        for (const seq of concurrent.ofOther) blocks.push({ ...other, seq });
    }
    const waiting = place === null ? [] : this.#readWaiting();
    this.#compare(this.#namingOf(head), [...this.#namingsOf(blocks), ...waiting, ...followed]);
  }

  /** Compares the changes that wait unsigned with the blocks that came since the first of them. */
  addWaiting(): void {
    const [first] = waitingChanges(this.#tables);
    if (first === undefined) return;
    this.#compare(this.#namingsOf(this.#blocksAfter(first.device, first.number)), this.#readWaiting());
  }

  /** The blocks of approved packages of other devices that came after a change. */
  #blocksAfter(device: string, number: number): readonly PlacedBlock[] {
    return this.#tables.changes
      .arrivals(number)
      .filter(({ log, stream }) => isPackageLog(log) && deviceOf(stream) !== device)
      .map(({ log, stream, seq }) => ({ log, stream, seq }));
  }

  #compare(left: readonly Naming[], right: readonly Naming[]): void {
    findPairs(this.#replica.language, this.#tables.packages, left, right, (pair) =>
      this.pairs.set(`${pair.definition}\n${pair.user}`, pair),
    );
  }

  *#concurrentWith(run: BlockRun): Generator<{
    readonly other: PlacedStream;
    readonly blocks: ReturnType<typeof concurrentBlocks>;
  }> {
    const device = deviceOf(run.stream);
    for (const { log, stream, last } of this.streams()) {
      if (deviceOf(stream) === device) continue;
      const other = { log, stream };
      yield { other, blocks: concurrentBlocks(this.#tables.seen, run, other, last) };
    }
  }

  #namingsOf(blocks: readonly PlacedBlock[]): readonly Naming[] {
    return blocks.flatMap((block) => this.#namingsIn(block, block.seq));
  }

  #namingsIn({ log, stream }: PlacedStream, seq: number): readonly Naming[] {
    const hash = this.#tables.blocks.hashAt(log, stream, seq) ?? "";
    const known = this.#namings.get(hash);
    if (known !== null) return known;
    const changes = this.#changes.get(keyOf({ log, stream }, seq));
    const namings =
      changes?.flatMap(namingsOf) ?? this.#reader.changesOf(log, stream, seq).flatMap(namingsIn);
    this.#namings.set(hash, namings);
    return namings;
  }

  #namingOf({ written, location, id }: FollowedHead): readonly Naming[] {
    const head = this.#tables.packages.assignment({ type: "name", key: written }, id);
    if (head === null) return [];
    const text = head.value.type === "definition" ? head.value.hash : null;
    return [{ location, isReplacing: head.supersedes.length > 0, text }];
  }

  #readWaiting(): readonly Naming[] {
    this.#waiting ??= this.#tables.changes
      .waiting(0)
      .flatMap(({ log, bytes }) => (isPackageLog(log) ? namingsIn(bytes) : []));
    return this.#waiting;
  }
}

/** Own changes of approved packages that no block holds, parked ones too, in order. */
export function waitingChanges({ changes }: Pick<ReplicaTables, "changes">): readonly ChangeRecord[] {
  const all = Number.MAX_SAFE_INTEGER;
  const unsigned = changes.logsWithUnsigned().flatMap((log) => changes.unsigned(log, 0, all, all));
  const parked = changes.parked().filter(({ place }) => place === null);
  return [...unsigned, ...parked]
    .filter(({ log }) => isPackageLog(log))
    .sort((left, right) => left.number - right.number);
}

function namingsIn(bytes: Uint8Array): readonly Naming[] {
  const decoded = decodeChange(bytes);
  return decoded.type === "change" ? namingsOf(decoded.change) : [];
}

function keyOf({ log, stream }: { readonly log: LogName; readonly stream: StreamName }, seq: number): string {
  return `${log} ${stream} ${seq}`;
}

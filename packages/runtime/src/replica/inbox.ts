import type { BlockHeader } from "@darksync/core/block";
import type { Change } from "@darksync/core/change";
import type { DefinitionText } from "@darksync/core/definition";
import { Fold } from "@darksync/core/fold";
import { isSkewed, observe, type Timestamp } from "@darksync/core/hlc";
import type { Location } from "@darksync/core/location";
import type { ChangeId, OpId } from "@darksync/core/op-id";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { asFarAsHere, type NeededHistory } from "../cache/as-far-as-here.js";
import { bringBackShown } from "../cache/bring-back.js";
import { isPackageLog, noteSeen } from "../dependency/note-seen.js";
import { type TakenBlock, updateDependencies, updateSignedDependencies } from "../dependency/update.js";
import type { ChangePlace } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { readClock, writeClock } from "./commit-change.js";
import { giveUpBlocks } from "./epoch.js";
import { noteOwnBlock } from "./last-seen.js";
import type { ReadChange } from "./read-change.js";
import { refold } from "./refold.js";
import type { Replica } from "./replica.js";

/** A block that may be stored, its changes read. */
export interface IncomingBlock {
  readonly header: BlockHeader;
  /** Hex. */
  readonly hash: string;
  readonly changes: readonly ReadChange[];
  /** Reads what an op of the change at an index brings: for texts that the effects are without. */
  readonly readText?: (index: number, op: OpId) => DefinitionText;
  /** Where its bytes are: here, or in the log's segment of this number. */
  readonly bytes: Uint8Array | { readonly segment: number };
  /** The changes as they were decoded, null where one could not be; left out where nobody has them at hand. */
  readonly decoded?: readonly (Change | null)[];
}

/** The last block of a stream that counts. */
interface EpochEnd {
  readonly stream: StreamName;
  readonly seq: number;
}

/** Takes admitted blocks into the tables of one transaction. */
export class Inbox {
  pulled = 0;
  judged: ReadonlySet<Location> = new Set();
  mustRefold = false;
  readonly #replica: Replica;
  readonly #tables: ReplicaTables;
  readonly #fold: Fold;
  readonly #taken: TakenBlock[] = [];
  /** Own changes that waited unsigned, and lie in a block that came. */
  readonly #signed: { readonly bytes: Uint8Array }[] = [];
  readonly #nowMs: number;
  #clock: Timestamp;

  /** `texts`: as `Fold` has it. */
  constructor(replica: Replica, tables: ReplicaTables, texts: "all" | "current" = "all") {
    this.#replica = replica;
    this.#tables = tables;
    this.#fold = new Fold(tables.packages, replica, texts);
    this.#nowMs = replica.clock();
    this.#clock = readClock(replica, tables);
  }

  /** False if another process was faster and the block no longer continues its stream. */
  take(log: LogName, block: IncomingBlock): boolean {
    const { header, hash, changes, bytes } = block;
    const { blocks } = this.#tables;
    const { stream, seq, closes } = header;
    const tip = blocks.tip(log, stream);
    if ((tip?.seq ?? 0) >= seq) return true;
    if ((tip?.seq ?? 0) !== seq - 1) return false;
    if (tip !== null && tip.hash !== header.prev) return false;
    const place = { seq, hash, changeCount: changes.length };
    if (bytes instanceof Uint8Array) blocks.append(log, stream, { ...place, bytes });
    else blocks.seal(log, stream, place, bytes.segment);
    const device = deviceOf(stream);
    const closed = closes === null ? null : { stream: `${device}.${closes.epoch}`, seq: closes.seq };
    const areNew = changes.map((change, index) =>
      this.#takeChange(log, { stream, seq, index }, change, closed, block.readText),
    );
    noteSeen(this.#tables, { log, stream }, seq, header.seen);
    if (isPackageLog(log)) {
      this.#taken.push({ log, stream, seq, changes: decodedOf(block, areNew) });
    }
    if (device === this.#replica.device) noteOwnBlock(this.#tables, header);
    if (closed !== null) this.#close(log, closed);
    return true;
  }

  /**
   * Writes what the blocks came to. Call it once, after the last `take`. `history`: whether it throws where it needs what
   * was evicted, or does without, and notes that the next sync has to make up for it (R64, R65).
   */
  finish(history: NeededHistory = "whole"): void {
    if (history === "whole") {
      this.#finish();
      return;
    }
    asFarAsHere(this.#replica, this.#tables, () => this.#finish());
    writeClock(this.#tables, this.#clock);
  }

  #finish(): void {
    if (this.mustRefold) this.judged = refold(this.#replica, this.#tables);
    else {
      const folded = this.#fold.finish();
      this.judged = folded.judged;
      bringBackShown(this.#tables, folded.locations);
      updateDependencies(this.#replica, this.#tables, folded, this.#taken);
      if (this.#signed.length > 0) updateSignedDependencies(this.#replica, this.#tables, this.#signed);
    }
    writeClock(this.#tables, this.#clock);
  }

  /** False if the change was here already. `closed`: what ends with its block. */
  #takeChange(
    log: LogName,
    place: ChangePlace,
    { id, time, effects }: ReadChange,
    closed: EpochEnd | null,
    readText: IncomingBlock["readText"],
  ): boolean {
    const { changes } = this.#tables;
    // Ours, and lost here when an older copy of the database was put back; or moved to a new epoch.
    if (changes.has(id)) {
      this.#placeAgain(id, place, closed);
      return false;
    }
    this.pulled += 1;
    changes.add({
      id,
      device: deviceOf(place.stream),
      log,
      time: time ?? { wallMs: 0, counter: 0 },
      receivedAtMs: this.#nowMs,
      isSkewed: time !== null && isSkewed(time, this.#nowMs),
      place,
      setAside: typeof effects === "string" ? effects : null,
      bytes: null,
    });
    if (time !== null) this.#clock = observe(this.#clock, time, this.#nowMs);
    if (typeof effects !== "string")
      this.#fold.apply(id, effects, true, readText && ((op) => readText(place.index, op)));
    return true;
  }

  /**
   * A change that was here already lies in a block that came. If it lies in another one too, since its device lost that
   * and asked a relay that did not have it, the later epoch counts: bases and `seen` mean the same to all, to those too
   * who never had the earlier one. A block that this one gives up does not.
   */
  #placeAgain(id: ChangeId, place: ChangePlace, closed: EpochEnd | null): void {
    const { changes } = this.#tables;
    const known = changes.get(id);
    if (known?.bytes != null) this.#signed.push({ bytes: known.bytes });
    const former = known?.place ?? null;
    const isGivenUp = closed !== null && former?.stream === closed.stream && former.seq > closed.seq;
    if (former !== null && !isGivenUp && !isInLaterEpoch(place, former)) return;
    changes.place(id, place);
    if (former !== null) this.mustRefold = true;
  }

  /** An epoch ends: what lies beyond counts nowhere (C3). */
  #close(log: LogName, { stream, seq }: EpochEnd): void {
    const { blocks } = this.#tables;
    blocks.close(log, stream, seq);
    if ((blocks.tip(log, stream)?.seq ?? 0) <= seq) return;
    giveUpBlocks(this.#replica, this.#tables, log, stream, seq);
    this.mustRefold = true;
  }
}

/** In one epoch the first block counts. */
function isInLaterEpoch(place: ChangePlace, former: ChangePlace): boolean {
  return place.stream === former.stream ? place.seq < former.seq : place.stream > former.stream;
}

/** The changes of a block if all of them were decoded, and none was here before. */
function decodedOf({ decoded }: IncomingBlock, areNew: readonly boolean[]): readonly Change[] | null {
  if (decoded === undefined || areNew.includes(false)) return null;
  const changes = decoded.filter((change) => change !== null);
  return changes.length === decoded.length ? changes : null;
}

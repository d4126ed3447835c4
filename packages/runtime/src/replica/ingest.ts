import { type Change, changeId, decodeChange } from "@darksync/core/change";
import { Fold } from "@darksync/core/fold";
import { isSkewed, observe, type Timestamp } from "@darksync/core/hlc";
import type { Location } from "@darksync/core/location";
import type { Problem } from "@darksync/core/result";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { type AdmittedBlock, admitRuns } from "@darksync/log/admission";
import { firstHead } from "@darksync/log/head";
import { parseAppends } from "@darksync/log/update";
import { bringBackShown } from "../cache/bring-back.js";
import { isPackageLog, noteSeen } from "../dependency/note-seen.js";
import { type TakenBlock, updateDependencies } from "../dependency/update.js";
import type { ReplicaTables } from "../store/store.js";
import { readClock, writeClock } from "./commit-change.js";
import { giveUpBlocks } from "./epoch.js";
import { noteOwnBlock } from "./last-seen.js";
import { admissionView, knownClients } from "./log-view.js";
import { refold } from "./refold.js";
import { type Replica, readFacts } from "./replica.js";

/** What came of an update. */
export interface Ingested {
  /** Changes that this replica did not have. */
  readonly pulled: number;
  /** The locations whose heads had to be judged: what they show, or their conflict, may be another now. */
  readonly judged: ReadonlySet<Location>;
  /** Whether something is missing, and the log must be asked for again. */
  readonly isLacking: boolean;
  /** Blocks that were not taken, and why. */
  readonly refused: readonly Problem[];
}

/** Admits the blocks of a Yjs update and folds their changes, in one transaction. */
export async function ingest(replica: Replica, log: LogName, update: Uint8Array): Promise<Ingested> {
  const { hash, store } = replica;
  const parsed = store.read(({ blocks }) =>
    parseAppends(hash, firstHead, update, knownClients(hash, blocks, log)),
  );
  if (!parsed.ok) {
    const isLacking = parsed.refusal.code === "gap";
    return { pulled: 0, judged: new Set(), isLacking, refused: isLacking ? [] : [parsed.refusal] };
  }
  const admission = await store.read((tables) =>
    admitRuns(replica, log, admissionView(hash, tables.blocks, readFacts(tables).space, log), parsed.runs),
  );
  return store.write((tables) => {
    let isLacking = admission.askAgain.length > 0 || admission.waiting.length > 0;
    const inbox = new Inbox(replica, tables, log);
    for (const block of admission.admitted) if (!inbox.take(block)) isLacking = true;
    const refused: Problem[] = [];
    for (const refusal of admission.refused) {
      const { code } = refusal.problem;
      // The chains parted before: the end of the answer tells from where to ask.
      if (code === "broken-chain") isLacking = true;
      else if (code !== "fork") refused.push(refusal.problem);
      else {
        // What the relay holds stands (C3): ours goes, and the log is asked for again.
        giveUpBlocks(replica, tables, log, refusal.stream, refusal.seq - 1);
        inbox.mustRefold = true;
        isLacking = true;
      }
    }
    inbox.finish();
    return { pulled: inbox.pulled, judged: inbox.judged, isLacking, refused };
  });
}

/** Takes admitted blocks into the tables of one transaction. */
class Inbox {
  pulled = 0;
  judged: ReadonlySet<Location> = new Set();
  mustRefold = false;
  readonly #replica: Replica;
  readonly #tables: ReplicaTables;
  readonly #log: LogName;
  readonly #fold: Fold;
  readonly #taken: TakenBlock[] = [];
  readonly #nowMs: number;
  #clock: Timestamp;

  constructor(replica: Replica, tables: ReplicaTables, log: LogName) {
    this.#replica = replica;
    this.#tables = tables;
    this.#log = log;
    this.#fold = new Fold(tables.packages, replica);
    this.#nowMs = replica.clock();
    this.#clock = readClock(replica, tables);
  }

  /** False if another process was faster and the block no longer continues its stream. */
  take({ header, bytes, hash, changes }: AdmittedBlock): boolean {
    const { blocks } = this.#tables;
    const { stream, seq, closes } = header;
    const tip = blocks.tip(this.#log, stream);
    if ((tip?.seq ?? 0) >= seq) return true;
    if ((tip?.seq ?? 0) !== seq - 1) return false;
    if (tip !== null && tip.hash !== header.prev) return false;
    blocks.append(this.#log, stream, { seq, hash, changeCount: changes.length, bytes });
    const taken = changes.map((change, index) => this.#takeChange(stream, seq, index, change));
    noteSeen(this.#tables, { log: this.#log, stream }, seq, header.seen);
    if (isPackageLog(this.#log)) {
      const isRead = taken.every((change) => change !== null);
      this.#taken.push({ log: this.#log, stream, seq, changes: isRead ? taken : null });
    }
    if (deviceOf(stream) === this.#replica.device) noteOwnBlock(this.#tables, header);
    if (closes !== null) this.#close(`${deviceOf(stream)}.${closes.epoch}`, closes.seq);
    return true;
  }

  finish(): void {
    const folded = this.#fold.finish();
    this.judged = folded.judged;
    if (this.mustRefold) refold(this.#replica, this.#tables);
    else {
      bringBackShown(this.#tables, folded.locations);
      updateDependencies(this.#replica, this.#tables, folded, this.#taken);
    }
    writeClock(this.#tables, this.#clock);
  }

  /** The change, or null where it was here already or cannot be read. */
  #takeChange(stream: StreamName, seq: number, index: number, bytes: Uint8Array): Change | null {
    const device = deviceOf(stream);
    const id = changeId(this.#replica.hash, device, this.#log, bytes);
    const place = { stream, seq, index };
    // Ours, and lost here when an older copy of the database was put back; or moved to a new epoch.
    if (this.#tables.changes.has(id)) {
      this.#tables.changes.place(id, place);
      return null;
    }
    const decoded = decodeChange(bytes);
    const time = decoded.type === "change" ? decoded.change.time : null;
    this.pulled += 1;
    this.#tables.changes.add({
      id,
      device,
      log: this.#log,
      time: time ?? { wallMs: 0, counter: 0 },
      receivedAtMs: this.#nowMs,
      isSkewed: time !== null && isSkewed(time, this.#nowMs),
      place,
      setAside: null,
      bytes: null,
    });
    if (time !== null) this.#clock = observe(this.#clock, time, this.#nowMs);
    const reason = decoded.type === "change" ? this.#foldChange(id, device, decoded.change) : decoded.reason;
    if (reason !== null) this.#tables.changes.setSetAside(id, reason);
    return decoded.type === "change" ? decoded.change : null;
  }

  #foldChange(id: string, device: string, change: Change): string | null {
    return this.#fold.fold({ id, device, log: this.#log, change }, true);
  }

  /** An epoch ends: what lies beyond counts nowhere (C3). */
  #close(stream: StreamName, seq: number): void {
    const { blocks } = this.#tables;
    blocks.close(this.#log, stream, seq);
    if ((blocks.tip(this.#log, stream)?.seq ?? 0) <= seq) return;
    giveUpBlocks(this.#replica, this.#tables, this.#log, stream, seq);
    this.mustRefold = true;
  }
}

import type { Location } from "@darksync/core/location";
import type { Problem } from "@darksync/core/result";
import { deviceOf } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import { type AdmittedBlock, admitRuns } from "@darksync/log/admission";
import { firstHead } from "@darksync/log/head";
import { parseAppends } from "@darksync/log/update";
import type { NeededHistory } from "../cache/as-far-as-here.js";
import { takeBack } from "../cache/take-back.js";
import { noteParted } from "./acknowledge.js";
import { giveUpBlocks } from "./epoch.js";
import { Inbox, type IncomingBlock } from "./inbox.js";
import { admissionView, knownClients } from "./log-view.js";
import { readChange } from "./read-change.js";
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
  /** Where the streams that came end: whoever sent them has them up to there. */
  readonly ends: Vector;
}

/** Admits the blocks of a Yjs update and folds their changes, in one transaction. `history`: as `Inbox.finish` has it. */
export async function ingest(
  replica: Replica,
  log: LogName,
  update: Uint8Array,
  history: NeededHistory = "whole",
): Promise<Ingested> {
  const { hash, store } = replica;
  const parsed = store.read(({ blocks }) =>
    parseAppends(hash, firstHead, update, knownClients(hash, blocks, log)),
  );
  if (!parsed.ok) {
    const isLacking = parsed.refusal.code === "gap";
    const refused = isLacking ? [] : [parsed.refusal];
    return { pulled: 0, judged: new Set(), isLacking, refused, ends: new Map() };
  }
  const admission = await store.read((tables) =>
    admitRuns(replica, log, admissionView(hash, tables.blocks, readFacts(tables).space, log), parsed.runs),
  );
  return store.write((tables) => {
    let isLacking = admission.askAgain.length > 0 || admission.waiting.length > 0;
    takeBack(replica, tables, log, parsed.runs);
    const inbox = new Inbox(replica, tables);
    for (const block of admission.admitted)
      if (!inbox.take(log, incoming(replica, log, block))) isLacking = true;
    const refused: Problem[] = [];
    for (const refusal of admission.refused) {
      const { code } = refusal.problem;
      // The chains parted before: the end of the answer tells from where to ask.
      if (code === "broken-chain") {
        noteParted(replica, tables, log, refusal);
        isLacking = true;
      } else if (code !== "fork") refused.push(refusal.problem);
      else {
        // What the relay holds stands (C3): ours goes, and the log is asked for again.
        giveUpBlocks(replica, tables, log, refusal.stream, refusal.seq - 1);
        inbox.mustRefold = true;
        isLacking = true;
      }
    }
    inbox.finish(history);
    const ends = new Map(
      parsed.runs.map(({ stream, firstSeq, blocks }) => [stream, firstSeq + blocks.length - 1]),
    );
    return { pulled: inbox.pulled, judged: inbox.judged, isLacking, refused, ends };
  });
}

/** A block that was admitted, with its changes read. */
function incoming(
  replica: Replica,
  log: LogName,
  { header, hash, bytes, changes }: AdmittedBlock,
): IncomingBlock {
  const device = deviceOf(header.stream);
  const read = changes.map((change) => readChange(replica.hash, device, log, change));
  return { header, hash, bytes, changes: read, decoded: read.map(({ change }) => change) };
}

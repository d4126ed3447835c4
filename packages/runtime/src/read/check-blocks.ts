import { decodeBlock, type OpenBlock, openBlock, readChanges, streamRoot } from "@darksync/core/block";
import { changeId } from "@darksync/core/change";
import type { Problem } from "@darksync/core/result";
import { deviceOf, parseStreamName, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { ReplicaPorts } from "../replica/replica.js";
import { readFacts } from "../replica/replica.js";
import type { Tip } from "../store/block-store.js";
import { unlessEvicted } from "../store/evicted-error.js";
import type { ReplicaTables } from "../store/store.js";
import { repairHint } from "./repair-hint.js";

type Ports = Pick<ReplicaPorts, "store" | "hash" | "verify" | "compression">;

const bytesAtOnce = 4 * 1024 * 1024;

/** Checks every stream: its chain from the root to the tip, the tip's signature, and the changes in its blocks. */
export async function checkBlocks(ports: Ports): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const tips: OpenBlock[] = [];
  ports.store.read((tables) => {
    for (const log of tables.blocks.logs()) {
      for (const [stream, tip] of tables.blocks.tips(log)) {
        const checked = checkStream(ports, tables, log, stream, tip);
        if ((tables.durable.durable(log).get(stream) ?? 0) > tip.seq)
          problems.push(problemAt(log, stream, "more of it is said to be on the relay than there is"));
        if (typeof checked === "string") problems.push(problemAt(log, stream, checked));
        else if (checked !== null) tips.push(checked);
      }
    }
  });
  for (const { header, signed, signature } of tips) {
    const device = parseStreamName(header.stream)?.device;
    if (device === undefined || !(await ports.verify(device, signed, signature)))
      problems.push(problemAt("", header.stream, `block ${header.seq} has no good signature`));
  }
  return problems;
}

function problemAt(log: LogName, stream: StreamName, what: string): Problem {
  const where = log === "" ? "" : ` in ${log}`;
  return { code: "bad-block", message: `stream ${stream.slice(0, 8)}${where}: ${what}`, hint: repairHint };
}

/**
 * The last block of a stream that is in order, null if that was evicted, or what is wrong with the stream. Evicted blocks
 * are passed over: they are checked when they come back.
 */
function checkStream(
  ports: Ports,
  tables: ReplicaTables,
  log: LogName,
  stream: StreamName,
  tip: Tip,
): OpenBlock | string | null {
  let last: OpenBlock | null = null;
  let prev = streamRoot(ports.hash, readFacts(tables).space, log, stream);
  for (let seq = 1; seq <= tip.seq; ) {
    const stored = unlessEvicted(false, () => tables.blocks.read(log, stream, seq, bytesAtOnce));
    if (stored === null) {
      seq = afterEvicted(tables, log, stream, seq);
      prev = tables.blocks.hashAt(log, stream, seq - 1) ?? "";
      last = null;
      continue;
    }
    if (stored.length === 0) return `block ${seq} is missing`;
    for (const { seq: storedSeq, hash, changeCount, bytes } of stored) {
      if (storedSeq !== seq) return `block ${seq} is missing`;
      const block = decodeBlock(bytes);
      last = block === null ? null : openBlock(ports, block);
      if (last?.hash !== hash) return `block ${seq} is not what its hash says`;
      const { header } = last;
      if (header.stream !== stream || header.seq !== seq) return `block ${seq} stands in the wrong place`;
      const { closes } = header;
      if (closes !== null && tables.blocks.closedAt(log, `${deviceOf(stream)}.${closes.epoch}`) === null)
        return `block ${seq} closes an epoch that is kept open`;
      if (header.prev !== prev) return `block ${seq} does not follow the one before it`;
      const changes = readChanges(last.expanded);
      if (changes?.length !== changeCount) return `block ${seq} does not hold what it should`;
      const lost = changes.some(
        (change) => !tables.changes.has(changeId(ports.hash, deviceOf(stream), log, change)),
      );
      if (lost) return `a change of block ${seq} is not in the list of changes`;
      prev = hash;
      seq += 1;
    }
  }
  return prev !== tip.hash ? "its last block is not the one noted" : last;
}

/** The first block after those that lie in one segment with `seq`. */
function afterEvicted({ blocks }: ReplicaTables, log: LogName, stream: StreamName, seq: number): number {
  const segment = blocks.segmentOf(log, stream, seq);
  let after = seq + 1;
  while (segment !== null && blocks.segmentOf(log, stream, after) === segment) after += 1;
  return after;
}

import type { OpenBlock } from "@darksync/core/block";
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
import { StreamCheck } from "./stream-check.js";

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
  const check = new StreamCheck(ports, readFacts(tables).space, log, stream, ({ header }, changes) => {
    const { seq, closes } = header;
    if (closes !== null && tables.blocks.closedAt(log, `${deviceOf(stream)}.${closes.epoch}`) === null)
      return `block ${seq} closes an epoch that is kept open`;
    const lost = changes.some(
      (change) => !tables.changes.has(changeId(ports.hash, deviceOf(stream), log, change)),
    );
    return lost ? `a change of block ${seq} is not in the list of changes` : null;
  });
  while (check.next <= tip.seq) {
    const stored = unlessEvicted(false, () => tables.blocks.read(log, stream, check.next, bytesAtOnce));
    if (stored === null) {
      const after = afterEvicted(tables, log, stream, check.next);
      check.passOver(after, tables.blocks.hashAt(log, stream, after - 1) ?? "");
      continue;
    }
    const problem = check.take(stored);
    if (problem !== null) return problem;
  }
  return check.end(tip) ?? check.last;
}

/** The first block after those that lie in one segment with `seq`. */
function afterEvicted({ blocks }: ReplicaTables, log: LogName, stream: StreamName, seq: number): number {
  const segment = blocks.segmentOf(log, stream, seq);
  let after = seq + 1;
  while (segment !== null && blocks.segmentOf(log, stream, after) === segment) after += 1;
  return after;
}

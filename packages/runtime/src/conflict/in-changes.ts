import { maxChangeBytes } from "@darksync/core/change";
import { encode } from "@darksync/core/codec";
import { type Op, writeOp } from "@darksync/core/op/op";
import { maxOpsPerChange } from "@darksync/core/op-id";
import type { LogName } from "@darksync/core/vector";

/** Ops that belong in one change of a log. */
export interface LoggedOps {
  readonly log: LogName;
  readonly ops: readonly Op[];
}

// Kind number and length of an op, and the head of the change.
const opHeaderBytes = 6;
const changeHeaderBytes = 64;

/** As few changes as the ops fit in: one for each log, mostly. Nothing that belongs in one change is torn apart. */
export function inChanges(parts: readonly LoggedOps[]): readonly LoggedOps[] {
  const changes: { log: LogName; ops: Op[] }[] = [];
  for (const [log, ofLog] of Map.groupBy(parts, (part) => part.log)) {
    let bytesLeft = 0;
    for (const { ops } of ofLog) {
      const bytes = ops.reduce((sum, op) => sum + bytesOf(op), 0);
      const last = changes.at(-1);
      bytesLeft -= bytes;
      if (last?.log === log && bytesLeft >= 0 && last.ops.length + ops.length <= maxOpsPerChange) {
        last.ops.push(...ops);
      } else {
        changes.push({ log, ops: [...ops] });
        bytesLeft = maxChangeBytes - changeHeaderBytes - bytes;
      }
    }
  }
  return changes;
}

function bytesOf(op: Op): number {
  return opHeaderBytes + encode((writer) => writeOp(writer, op)).length;
}

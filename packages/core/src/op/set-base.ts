import { invalidCoveredLogs } from "../coverage.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import { readSeen, type Seen, writeSeen } from "../vector.js";
import { branchOf } from "./branch-of.js";
import type { OpType } from "./op-type.js";

/** Moves the base of the branch whose log it stands in (B1). Concurrent bases join. */
export interface SetBase {
  readonly type: "SetBase";
  /** Of each `main/<Owner>`, and of the parent's log, what is in the base. An owner not in it follows main. */
  readonly logs: Seen;
  readonly supersedes: readonly OpId[];
}

export const setBase: OpType<SetBase> = {
  name: "SetBase",
  number: 18,
  logs: ["branch"],
  validate: (op, log) => (op.logs.has(log) ? "a branch is not its own base" : invalidCoveredLogs(op.logs)),
  write: (writer, op) => {
    writeSeen(writer, op.logs);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const logs = readSeen(reader);
    return { type: "SetBase", logs, supersedes: readOpIds(reader) };
  },
  effects: (op, context) => [
    {
      type: "assign",
      register: { type: "branchBase", key: branchOf(context) },
      value: { device: context.device, time: context.time, logs: op.logs },
      supersedes: op.supersedes,
    },
  ],
};

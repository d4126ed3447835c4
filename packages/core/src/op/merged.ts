import { type BranchId, branchLog, invalidBranchId, readBranchId, writeBranchId } from "../branch.js";
import { readText, writeText } from "../codec.js";
import { invalidVector } from "../coverage.js";
import { readVector, type Vector, writeVector } from "../vector.js";
import type { OpType } from "./op-type.js";

/** A note beside the ops that a merge wrote (B2): which branch, and how much of it. Merges add up. */
export interface Merged {
  readonly type: "Merged";
  /** The branch that was merged into the log that this stands in. */
  readonly branch: BranchId;
  /** What was merged of its log. */
  readonly vector: Vector;
  /** The approval request that it answers, or empty. */
  readonly request: string;
}

const maxRequestLength = 64;
const maxRequestBytes = 3 * maxRequestLength;

export const merged: OpType<Merged> = {
  name: "Merged",
  number: 22,
  logs: ["main", "branch"],
  validate: (op, log) => {
    if (branchLog(op.branch) === log) return "a branch is not merged into itself";
    if (op.request.length > maxRequestLength || !op.request.isWellFormed())
      return "the request has no such name";
    return invalidBranchId(op.branch) ?? invalidVector(op.vector);
  },
  write: (writer, op) => {
    writeBranchId(writer, op.branch);
    writeVector(writer, op.vector);
    writeText(writer, op.request);
  },
  read: (reader) => {
    const branch = readBranchId(reader);
    const vector = readVector(reader);
    return { type: "Merged", branch, vector, request: readText(reader, maxRequestBytes) };
  },
  effects: ({ branch, vector }, { device, log, time }) => [
    {
      type: "assign",
      register: { type: "merge", key: branch },
      value: { into: log, coverage: { device, time, logs: new Map([[branchLog(branch), vector]]) } },
      supersedes: [],
    },
  ],
};

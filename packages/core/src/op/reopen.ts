import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import { assignAcceptance, invalidConflictId, readConflictId, writeConflictId } from "./accept.js";
import type { OpType } from "./op-type.js";

/** Takes the acceptance of a conflict record back. */
export interface Reopen {
  readonly type: "Reopen";
  /** Id of the conflict, hex. */
  readonly conflict: string;
  readonly supersedes: readonly OpId[];
}

export const reopen: OpType<Reopen> = {
  name: "Reopen",
  number: 11,
  logs: ["main", "branch"],
  validate: (op) => invalidConflictId(op.conflict),
  write: (writer, op) => {
    writeConflictId(writer, op.conflict);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const conflict = readConflictId(reader);
    return { type: "Reopen", conflict, supersedes: readOpIds(reader) };
  },
  effects: (op) => [assignAcceptance(op.conflict, false, op.supersedes)],
};

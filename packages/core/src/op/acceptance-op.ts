import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import type { OpType } from "./op-type.js";
import { invalidConflictId, readConflictId, writeConflictId } from "./resolve.js";

/** Says whether a conflict record may stay as it is (O4). */
export interface AcceptanceOp<Type extends string> {
  readonly type: Type;
  /** Id of the conflict, hex. */
  readonly conflict: string;
  readonly supersedes: readonly OpId[];
}

/** What `Accept` and `Reopen` have in common. */
export function acceptanceOp<Type extends string>(
  name: Type,
  number: number,
  isAccepted: boolean,
): OpType<AcceptanceOp<Type>> {
  return {
    name,
    number,
    logs: ["main", "branch"],
    validate: ({ conflict }) => invalidConflictId(conflict),
    write: (writer, op) => {
      writeConflictId(writer, op.conflict);
      writeOpIds(writer, op.supersedes);
    },
    read: (reader) => {
      const conflict = readConflictId(reader);
      return { type: name, conflict, supersedes: readOpIds(reader) };
    },
    effects: ({ conflict, supersedes }) => [
      {
        type: "assign",
        register: { type: "acceptance", key: conflict },
        value: { isAccepted },
        supersedes,
      },
    ],
  };
}

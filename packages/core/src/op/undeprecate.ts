import { writeText } from "../codec.js";
import type { Location } from "../location.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import type { OpType } from "./op-type.js";
import { invalidLocation, readLocation } from "./set-name.js";

/** Takes a deprecation back. */
export interface Undeprecate {
  readonly type: "Undeprecate";
  readonly location: Location;
  readonly supersedes: readonly OpId[];
}

export const undeprecate: OpType<Undeprecate> = {
  name: "Undeprecate",
  number: 7,
  logs: ["main", "branch"],
  validate: (op) => invalidLocation(op.location),
  write: (writer, op) => {
    writeText(writer, op.location);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const location = readLocation(reader);
    return { type: "Undeprecate", location, supersedes: readOpIds(reader) };
  },
  effects: (op) => [
    {
      type: "assign",
      register: { type: "deprecation", key: op.location },
      value: null,
      supersedes: op.supersedes,
    },
  ],
};

import { readText, writeText } from "../codec.js";
import type { Location } from "../location.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import type { OpType } from "./op-type.js";
import { invalidLocation, readLocation } from "./set-name.js";

/** Marks a location as deprecated. Beside a concurrent `Undeprecate` it wins: a warning too many harms less. */
export interface Deprecate {
  readonly type: "Deprecate";
  readonly location: Location;
  /** Why, and what to use instead; may be empty. */
  readonly message: string;
  readonly supersedes: readonly OpId[];
}

const maxMessageBytes = 4096;

export const deprecate: OpType<Deprecate> = {
  name: "Deprecate",
  number: 6,
  logs: ["main", "branch"],
  validate: (op) => {
    if (!op.message.isWellFormed()) return "the message is not well-formed Unicode";
    return op.message.length * 3 > maxMessageBytes ? "the message is too long" : invalidLocation(op.location);
  },
  write: (writer, op) => {
    writeText(writer, op.location);
    writeText(writer, op.message);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const location = readLocation(reader);
    const message = readText(reader, maxMessageBytes);
    return { type: "Deprecate", location, message, supersedes: readOpIds(reader) };
  },
  effects: (op) => [
    {
      type: "assign",
      register: { type: "deprecation", key: op.location },
      value: { message: op.message },
      supersedes: op.supersedes,
    },
  ],
};

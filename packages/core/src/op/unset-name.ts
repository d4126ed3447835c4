import { writeText } from "../codec.js";
import type { Location } from "../location.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import type { OpType } from "./op-type.js";
import { invalidLocation, readLocation, readOptionalLocation, writeOptionalLocation } from "./set-name.js";

/** Frees a location. `movedTo` is set in a rename, beside the `SetName` of the new location (O1). */
export interface UnsetName {
  readonly type: "UnsetName";
  readonly location: Location;
  readonly movedTo: Location | null;
  readonly supersedes: readonly OpId[];
}

export const unsetName: OpType<UnsetName> = {
  name: "UnsetName",
  number: 5,
  logs: ["main", "branch"],
  validate: (op) =>
    invalidLocation(op.location) ?? (op.movedTo === null ? null : invalidLocation(op.movedTo)),
  write: (writer, op) => {
    writeText(writer, op.location);
    writeOptionalLocation(writer, op.movedTo);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const location = readLocation(reader);
    const movedTo = readOptionalLocation(reader);
    return { type: "UnsetName", location, movedTo, supersedes: readOpIds(reader) };
  },
  effects: (op) => [
    {
      type: "assign",
      register: { type: "name", key: op.location },
      value: { type: "nothing", movedTo: op.movedTo },
      supersedes: op.supersedes,
    },
  ],
};

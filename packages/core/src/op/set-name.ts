import { hashBytes } from "../block.js";
import { bytesOfHex, isHash, toHex } from "../bytes.js";
import {
  Malformed,
  type Reader,
  readByte,
  readBytes,
  readText,
  type Writer,
  writeByte,
  writeBytes,
  writeText,
} from "../codec.js";
import { type ContentHash, definitionKinds } from "../content-hash.js";
import type { DefinitionKind } from "../definition.js";
import { type Location, maxLocationLength, splitLocation } from "../location.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import type { OpType } from "./op-type.js";

/** Binds a location to a definition in place of what it supersedes. `movedFrom` is set in a rename (O1). */
export interface SetName {
  readonly type: "SetName";
  readonly location: Location;
  readonly kind: DefinitionKind;
  /** The hash of a definition, or `previousOp`. */
  readonly target: ContentHash;
  readonly movedFrom: Location | null;
  readonly supersedes: readonly OpId[];
}

/**
 * As a target: the definition whose text the op right before this one brings. Its hash follows from that text, and
 * no compression could shrink it.
 */
export const previousOp: ContentHash = "previous op";

export const setName: OpType<SetName> = {
  name: "SetName",
  number: 4,
  logs: ["main", "branch"],
  validate: (op) => {
    if (op.target !== previousOp && !isHash(op.target))
      return `${op.target.slice(0, 80)} is not the hash of a definition`;
    return invalidLocation(op.location) ?? (op.movedFrom === null ? null : invalidLocation(op.movedFrom));
  },
  write: (writer, op) => {
    writeText(writer, op.location);
    const isPrevious = op.target === previousOp;
    writeByte(writer, definitionKinds.indexOf(op.kind) + (isPrevious ? definitionKinds.length : 0));
    if (!isPrevious) writeBytes(writer, bytesOfHex(op.target));
    writeOptionalLocation(writer, op.movedFrom);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const location = readLocation(reader);
    const tag = readByte(reader);
    const kind = definitionKinds[tag % definitionKinds.length];
    if (kind === undefined || tag >= 2 * definitionKinds.length) throw new Malformed("definition kind");
    const target = tag < definitionKinds.length ? toHex(readBytes(reader, hashBytes)) : previousOp;
    const movedFrom = readOptionalLocation(reader);
    return { type: "SetName", location, kind, target, movedFrom, supersedes: readOpIds(reader) };
  },
  effects: (op, { textBefore }) => {
    const hash = op.target === previousOp ? textBefore : op.target;
    if (hash === null) throw new Error("a name of the previous op's text without one");
    return [
      {
        type: "assign",
        register: { type: "name", key: op.location },
        value: { type: "definition", kind: op.kind, hash, movedFrom: op.movedFrom },
        supersedes: op.supersedes,
      },
    ];
  },
};

/** What is wrong with a location, or null. */
export function invalidLocation(location: Location): string | null {
  return splitLocation(location) === null
    ? `${location.slice(0, 80)} is not a location like Owner.Module.name`
    : null;
}

const maxLocationBytes = 3 * maxLocationLength;

export function readLocation(reader: Reader): Location {
  return readText(reader, maxLocationBytes);
}

export function writeOptionalLocation(writer: Writer, location: Location | null): void {
  writeText(writer, location ?? "");
}

export function readOptionalLocation(reader: Reader): Location | null {
  const location = readLocation(reader);
  return location === "" ? null : location;
}

import { branchAccesses } from "@darksync/core/branch";
import {
  decode,
  Malformed,
  type Reader,
  readByte,
  readBytes,
  readText,
  readVarUint,
  type Writer,
  writeByte,
  writeText,
  writeVarUint,
} from "@darksync/core/codec";
import { definitionKinds } from "@darksync/core/content-hash";
import type { Coverage } from "@darksync/core/coverage";
import { readTimestamp, writeTimestamp } from "@darksync/core/hlc";
import type { SkeletonPiece } from "@darksync/core/language";
import { type ChangeId, changeOf, indexOf, type OpId, opId } from "@darksync/core/op-id";
import type { Assignment, Binding, RegisterType, RegisterValues } from "@darksync/core/register";
import { readSeen, writeSeen } from "@darksync/core/vector";
import { hexOfBlob, writeHex } from "./hex-blob.js";

/** What an assignment is beside its id, as it is stored. */
export type AssignmentContent<Type extends RegisterType> = Omit<Assignment<Type>, "id">;

interface ValueCodec<Value> {
  write(writer: Writer, value: Value): void;
  read(reader: Reader): Value;
}

const contentVersion = 1;
const hashBytes = 32;
const deviceKeyBytes = 32;
// What is stored was checked when it came in.
const maxTextBytes = 2 ** 31;

const bindingCodec: ValueCodec<Binding> = {
  write: (writer, binding) => {
    if (binding.type === "definition") {
      // The hash comes third, after two single bytes: `search` finds it there.
      writeByte(writer, 1 + definitionKinds.indexOf(binding.kind));
      writeHex(writer, binding.hash);
      writeText(writer, binding.movedFrom ?? "");
    } else {
      writeByte(writer, 0);
      writeText(writer, binding.movedTo ?? "");
    }
  },
  read: (reader) => {
    const tag = readByte(reader);
    if (tag === 0) return { type: "nothing", movedTo: readOptionalText(reader) };
    const kind = definitionKinds[tag - 1];
    if (kind === undefined) throw new Malformed("definition kind");
    const hash = hexOfBlob(readBytes(reader, hashBytes));
    return { type: "definition", kind, hash, movedFrom: readOptionalText(reader) };
  },
};

/** Where the content hash of the first of stored names begins, counted from 1 as SQL does. */
export const hashStart: number = 3;

const deprecationCodec: ValueCodec<RegisterValues["deprecation"]> = {
  write: (writer, value) => {
    writeByte(writer, value === null ? 0 : 1);
    writeText(writer, value?.message ?? "");
  },
  read: (reader) => {
    const isDeprecated = readByte(reader) === 1;
    const message = readText(reader, maxTextBytes);
    return isDeprecated ? { message } : null;
  },
};

const fileCodec: ValueCodec<RegisterValues["file"]> = {
  write: (writer, { skeleton }) => {
    writeVarUint(writer, skeleton.length);
    for (const piece of skeleton) {
      const isText = typeof piece === "string";
      writeText(writer, isText ? piece : piece.location);
      // 0 for literal text, else the column plus 1.
      writeVarUint(writer, isText ? 0 : piece.column + 1);
    }
  },
  read: (reader) => {
    const skeleton: SkeletonPiece[] = [];
    for (let count = readVarUint(reader); count > 0; count -= 1) {
      const text = readText(reader, maxTextBytes);
      const column = readVarUint(reader);
      skeleton.push(column === 0 ? text : { location: text, column: column - 1 });
    }
    return { skeleton };
  },
};

const coverageCodec: ValueCodec<Coverage> = {
  write: (writer, { device, time, logs }) => {
    writeHex(writer, device);
    writeTimestamp(writer, time);
    writeSeen(writer, logs);
  },
  read: (reader) => {
    const device = hexOfBlob(readBytes(reader, deviceKeyBytes));
    const time = readTimestamp(reader);
    return { device, time, logs: readSeen(reader) };
  },
};

const codecs: { readonly [Type in RegisterType]: ValueCodec<RegisterValues[Type]> } = {
  name: bindingCodec,
  deprecation: deprecationCodec,
  file: fileCodec,
  device: {
    write: (writer, { member }) => writeText(writer, member),
    read: (reader) => ({ member: readText(reader, maxTextBytes) }),
  },
  namespace: {
    write: (writer, { createdBy }) => writeText(writer, createdBy),
    read: (reader) => ({ createdBy: readText(reader, maxTextBytes) }),
  },
  acceptance: {
    write: (writer, { isAccepted }) => writeByte(writer, isAccepted ? 1 : 0),
    read: (reader) => ({ isAccepted: readByte(reader) === 1 }),
  },
  branch: {
    write: (writer, { createdBy, parent }) => {
      writeText(writer, createdBy);
      writeText(writer, parent ?? "");
    },
    read: (reader) => {
      const createdBy = readText(reader, maxTextBytes);
      return { createdBy, parent: readOptionalText(reader) };
    },
  },
  branchName: {
    write: (writer, { name }) => writeText(writer, name),
    read: (reader) => ({ name: readText(reader, maxTextBytes) }),
  },
  branchBase: coverageCodec,
  branchArchived: {
    write: (writer, { isArchived }) => writeByte(writer, isArchived ? 1 : 0),
    read: (reader) => ({ isArchived: readByte(reader) === 1 }),
  },
  branchShare: {
    write: (writer, { access }) => writeByte(writer, branchAccesses.indexOf(access)),
    read: (reader) => {
      const access = branchAccesses[readByte(reader)];
      if (access === undefined) throw new Malformed("access to a branch");
      return { access };
    },
  },
  merge: {
    write: (writer, { into, coverage }) => {
      writeText(writer, into);
      coverageCodec.write(writer, coverage);
    },
    read: (reader) => {
      const into = readText(reader, maxTextBytes);
      return { into, coverage: coverageCodec.read(reader) };
    },
  },
  branchedName: bindingCodec,
  branchedDeprecation: deprecationCodec,
  branchedFile: fileCodec,
};

/** Writes an assignment's value and what it supersedes. */
export function writeContent<Type extends RegisterType>(
  writer: Writer,
  type: Type,
  { value, supersedes }: AssignmentContent<Type>,
): void {
  writeByte(writer, contentVersion);
  codecs[type].write(writer, value);
  writeVarUint(writer, supersedes.length);
  for (const id of supersedes) {
    writeHex(writer, changeOf(id));
    writeVarUint(writer, indexOf(id));
  }
}

/** Reads what `writeContent` wrote; throws inside a `decode` if it is damaged. */
export function readContent<Type extends RegisterType>(reader: Reader, type: Type): AssignmentContent<Type> {
  if (readByte(reader) !== contentVersion) throw new Malformed("version of a stored assignment");
  const value = codecs[type].read(reader);
  const supersedes: OpId[] = [];
  for (let count = readVarUint(reader); count > 0; count -= 1) {
    const change = hexOfBlob(readBytes(reader, hashBytes));
    supersedes.push(opId(change, readVarUint(reader)));
  }
  return { value, supersedes };
}

/** Writes assignments with their ids and the numbers of their changes. */
export function writeAssignments<Type extends RegisterType>(
  writer: Writer,
  type: Type,
  assignments: readonly Assignment<Type>[],
  numberOf: (change: ChangeId) => number,
): void {
  for (const assignment of assignments) {
    const change = changeOf(assignment.id);
    writeContent(writer, type, assignment);
    writeHex(writer, change);
    writeVarUint(writer, indexOf(assignment.id));
    writeVarUint(writer, numberOf(change));
  }
}

/** Reads what `writeAssignments` wrote, or null if it is damaged. */
export function decodeAssignments<Type extends RegisterType>(
  type: Type,
  bytes: Uint8Array,
  noteNumber: (change: ChangeId, number: number) => void,
): readonly Assignment<Type>[] | null {
  return decode(bytes, (reader) => {
    const assignments: Assignment<Type>[] = [];
    while (reader.pos < bytes.length) {
      const { value, supersedes } = readContent(reader, type);
      const change = hexOfBlob(readBytes(reader, hashBytes));
      assignments.push({ id: opId(change, readVarUint(reader)), value, supersedes });
      noteNumber(change, readVarUint(reader));
    }
    return assignments;
  });
}

function readOptionalText(reader: Reader): string | null {
  const text = readText(reader, maxTextBytes);
  return text === "" ? null : text;
}

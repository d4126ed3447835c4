import {
  Malformed,
  type Reader,
  readByte,
  readCount,
  readText,
  readVarUint,
  type Writer,
  writeByte,
  writeText,
  writeVarUint,
} from "../codec.js";
import type { Skeleton, SkeletonPiece } from "../language.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import type { OpType } from "./op-type.js";
import { invalidLocation, readLocation } from "./set-name.js";

/** Records the layout of an imported file, so that export gives the same bytes back (O9). */
export interface SetFile {
  readonly type: "SetFile";
  /** Relative, with `/` between its parts. */
  readonly path: string;
  readonly skeleton: Skeleton;
  readonly supersedes: readonly OpId[];
}

/** Most bytes of literal text in one file's layout. */
const maxSkeletonBytes: number = 512 * 1024;
const maxPathBytes = 1024;
const maxPieces = 65_536;
const maxColumn = 1024;

export const setFile: OpType<SetFile> = {
  name: "SetFile",
  number: 8,
  logs: ["main", "branch"],
  validate: (op) => invalidPath(op.path) ?? invalidSkeleton(op.skeleton),
  write: (writer, op) => {
    writeText(writer, op.path);
    writeVarUint(writer, op.skeleton.length);
    for (const piece of op.skeleton) writePiece(writer, piece);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const path = readText(reader, maxPathBytes);
    const skeleton: SkeletonPiece[] = [];
    for (let count = readCount(reader, maxPieces); count > 0; count -= 1) skeleton.push(readPiece(reader));
    return { type: "SetFile", path, skeleton, supersedes: readOpIds(reader) };
  },
  effects: (op) => [
    {
      type: "assign",
      register: { type: "file", key: op.path },
      value: { skeleton: op.skeleton },
      supersedes: op.supersedes,
    },
  ],
};

/**
 * What is wrong with a path, or null: it must stay inside the folder that is exported to, and be a Darklang file.
 * A layout that someone else wrote could otherwise put a `.git/config` or a `package.json` there.
 */
export function invalidPath(path: string): string | null {
  const parts = path.split("/");
  const isBad =
    parts.some((part) => part === "" || part === "." || part === "..") || /[\\\p{Cc}]/u.test(path);
  if (!path.endsWith(".dark")) return `${path.slice(0, 80)} is not a .dark file`;
  return isBad || path.length * 3 > maxPathBytes || !path.isWellFormed()
    ? `${path.slice(0, 80)} is not a relative path`
    : null;
}

function invalidSkeleton(skeleton: Skeleton): string | null {
  if (skeleton.length > maxPieces) return `the layout has more than ${maxPieces} pieces`;
  let units = 0;
  for (const piece of skeleton) {
    if (typeof piece === "string") {
      if (!piece.isWellFormed()) return "the layout is not well-formed Unicode";
      units += piece.length;
    } else {
      const problem = invalidLocation(piece.location);
      if (problem !== null) return problem;
      if (!Number.isInteger(piece.column) || piece.column < 0 || piece.column > maxColumn)
        return `a definition is indented by more than ${maxColumn} columns`;
    }
  }
  return units > maxSkeletonBytes ? `the layout is larger than ${maxSkeletonBytes / 1024} KiB` : null;
}

function writePiece(writer: Writer, piece: SkeletonPiece): void {
  if (typeof piece === "string") {
    writeByte(writer, 0);
    writeText(writer, piece);
  } else {
    writeByte(writer, 1);
    writeText(writer, piece.location);
    writeVarUint(writer, piece.column);
  }
}

function readPiece(reader: Reader): SkeletonPiece {
  const tag = readByte(reader);
  if (tag === 0) return readText(reader, 3 * maxSkeletonBytes);
  if (tag !== 1) throw new Malformed("skeleton piece");
  const location = readLocation(reader);
  return { location, column: readVarUint(reader) };
}

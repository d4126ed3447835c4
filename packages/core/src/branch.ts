import { bytesOfHex, toHex } from "./bytes.js";
import { type Reader, readBytes, type Writer, writeBytes } from "./codec.js";
import type { LogName } from "./vector.js";

/** 16 random bytes in hex. The name of a branch is but a label; this is what logs and ops know it by. */
export type BranchId = string;

/** What a member may do with a branch that is not their own. */
export type BranchAccess = "none" | "read" | "write";

/** Every access in the order of their numbers in the format, the least first. */
export const branchAccesses: readonly BranchAccess[] = ["none", "read", "write"];

const branchIdBytes = 16;
const branchLogPrefix = "branch/";

/** Whether a text is the id of a branch. */
function isBranchId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** The log of a branch. */
export function branchLog(id: BranchId): LogName {
  return branchLogPrefix + id;
}

/** The branch that a log belongs to, or null if it is no branch's. */
export function branchOfLog(log: LogName): BranchId | null {
  const id = log.slice(branchLogPrefix.length);
  return log.startsWith(branchLogPrefix) && isBranchId(id) ? id : null;
}

/** What is wrong with the name of a branch, or null. It must not look like an id, or like main. */
export function invalidBranchName(name: string): string | null {
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._/-]{0,63}$/u.test(name))
    return "a branch's name is 1 to 64 letters, digits or . _ - / and begins with a letter or digit";
  return name === "main" || /^[0-9a-f]{32}$/i.test(name) ? `a branch cannot be called ${name}` : null;
}

/** What is wrong with the id of a branch, or null. */
export function invalidBranchId(id: string): string | null {
  return isBranchId(id) ? null : `${id.slice(0, 80)} is not the id of a branch`;
}

export function writeBranchId(writer: Writer, id: BranchId): void {
  writeBytes(writer, bytesOfHex(id));
}

export function readBranchId(reader: Reader): BranchId {
  return toHex(readBytes(reader, branchIdBytes));
}

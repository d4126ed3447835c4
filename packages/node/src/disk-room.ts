import { randomFillSync } from "node:crypto";
import { existsSync, rmSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { replaceFile } from "./replace-file.js";

/** Below this many free bytes people are told (S9). */
const lowBytes = 64 * 1024 * 1024;
const reserveBytes = 512 * 1024;
/** The reserve is made where there is room for it several times: it must not be what fills the disk. */
const roomForReserveBytes = 8 * reserveBytes;

/** How many bytes this user may still write to the disk of a folder. */
function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** How many bytes are left on the disk of a folder if that is so few that people should know; else null. */
export function lowRoomBytes(folder: string): number | null {
  const free = freeBytes(folder);
  return free < lowBytes ? free : null;
}

/** Sees to it that there is a reserve, if there is room for one: a file that is given up when the disk is full. */
export function keepReserve(path: string): void {
  if (existsSync(path) || freeBytes(dirname(path)) < roomForReserveBytes) return;
  // By chance: a disk that packs what it stores would keep no room for anything else.
  replaceFile(path, randomFillSync(new Uint8Array(reserveBytes)), { mode: 0o600, isFlushed: false });
}

/** Gives the reserve up; false if there is none. */
export function releaseReserve(path: string): boolean {
  if (!existsSync(path)) return false;
  rmSync(path);
  return true;
}

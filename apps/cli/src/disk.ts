import { lowRoomBytes, releaseReserve } from "@darksync/node/disk-room";
import { StoreError } from "@darksync/runtime/store/store";
import { byteText } from "./byte-text.js";
import { paint } from "./paint.js";
import type { SpacePaths } from "./space.js";

/** Words for people if little is left on the disk of a space (S9), else null. */
export function lowDiskText({ dir }: SpacePaths): string | null {
  const left = lowRoomBytes(dir);
  return left === null ? null : `only ${byteText(left)} are left on the disk of this space`;
}

/** Warns on stderr if little is left on the disk of a space. */
export function warnOfLowDisk(paths: SpacePaths): void {
  const low = lowDiskText(paths);
  if (low === null) return;
  const advice = "free some before it is full: then nothing can be saved";
  process.stderr.write(`${paint.hint("warning:")} ${low}; ${advice}\n`);
}

/** Runs what makes room, or leads out of a full disk. Where the disk is full, it may have the reserve. */
export async function mayUseReserve<Value>(
  { paths }: { readonly paths: SpacePaths },
  work: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!isDiskFull(error) || !releaseReserve(paths.reserve)) throw error;
    return await work();
  }
}

function isDiskFull(error: unknown): boolean {
  if (error instanceof StoreError) return error.code === "disk-full";
  return error instanceof Error && "code" in error && error.code === "ENOSPC";
}

import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** How a file is written. */
export interface ReplaceOptions {
  readonly mode: number;
  /** Whether it survives a power cut once this returns. */
  readonly isFlushed: boolean;
}

/**
 * Puts a file in the place of another, if there is one, whole or not at all: not even a full disk or a crash leaves half
 * of it there.
 */
export function replaceFile(path: string, content: string | Uint8Array, options: ReplaceOptions): void {
  replaceFileByParts(path, [content], options);
}

/** The same, part after part: what is written may be larger than the memory. */
export function replaceFileByParts(
  path: string,
  parts: Iterable<string | Uint8Array>,
  options: ReplaceOptions,
): void {
  const unfinished = `${path}.${randomBytes(4).toString("hex")}.new`;
  try {
    const file = openSync(unfinished, "wx", options.mode);
    try {
      for (const part of parts) writeFileSync(file, part);
      if (options.isFlushed) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

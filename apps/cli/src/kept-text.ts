import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A name as part of a file's name, short enough for every disk. */
export function fileNameOf(name: string): string {
  const letters = [...name.replace(/[^\p{L}\p{N}_-]/gu, "-")];
  return letters.slice(0, maxNameLetters).join("");
}

const maxNameLetters = 50;

/** Puts what a person wrote into a private file that stays; returns its path. */
export function keepText(text: string | Uint8Array, name: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "darklang-kept-")), `${fileNameOf(name)}.dark`);
  writeFileSync(path, text);
  return path;
}

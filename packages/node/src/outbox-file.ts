import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync, writeSync } from "node:fs";
import type { OutboxJournal } from "@darksync/runtime/store/outbox-journal";
import { replaceFile } from "./replace-file.js";

/** The outbox in a file that only its user can read (0600). Several processes may append to it. */
export class OutboxFile implements OutboxJournal {
  readonly #path: string;
  /** The open file: opening it for every save would take longer than writing to it. */
  #open: { readonly file: number; readonly inode: number } | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  size(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  readEnd(length: number): Uint8Array {
    if (this.size() === 0) return new Uint8Array();
    const file = openSync(this.#path, "r");
    try {
      const { size } = fstatSync(file);
      const bytes = new Uint8Array(Math.min(length, size));
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, size - bytes.length));
    } finally {
      closeSync(file);
    }
  }

  read(): Uint8Array {
    if (this.size() === 0) return new Uint8Array();
    return new Uint8Array(readFileSync(this.#path));
  }

  append(bytes: Uint8Array): void {
    const file = this.#file();
    // One write for all, so that what several processes append does not mingle.
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
  }

  replace(bytes: Uint8Array): void {
    this.close();
    replaceFile(this.#path, bytes, { mode: 0o600, isFlushed: false });
  }

  close(): void {
    if (this.#open !== null) closeSync(this.#open.file);
    this.#open = null;
  }

  /** The file that is in its place now: another process may have replaced the one that was opened. */
  #file(): number {
    const inode = statSync(this.#path, { throwIfNoEntry: false })?.ino;
    if (this.#open !== null && this.#open.inode === inode) return this.#open.file;
    this.close();
    const file = openSync(this.#path, "a", 0o600);
    this.#open = { file, inode: fstatSync(file).ino };
    return file;
  }
}

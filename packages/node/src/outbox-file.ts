import { closeSync, existsSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { OutboxJournal } from "@darksync/runtime/store/outbox-journal";
import { replaceFileByParts } from "./replace-file.js";

const readAtOnceBytes = 1024 * 1024;

/** The outbox in a file that only its user can read (0600). Several processes may append to it. */
export class OutboxFile implements OutboxJournal {
  readonly #path: string;
  /** The open file, null before it was needed: opening it for every save would take longer than writing to it. */
  #open: number | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  size(): number {
    if (this.#open !== null) {
      const { size, nlink } = fstatSync(this.#open);
      if (nlink > 0) return size;
      // It was replaced, and has no name any more.
      this.close();
    }
    return existsSync(this.#path) ? fstatSync(this.#file()).size : 0;
  }

  readEnd(length: number): Uint8Array {
    const size = this.size();
    if (size === 0) return new Uint8Array();
    const bytes = new Uint8Array(Math.min(length, size));
    return bytes.subarray(0, readSync(this.#file(), bytes, 0, bytes.length, size - bytes.length));
  }

  *read(): Generator<Uint8Array> {
    if (!existsSync(this.#path)) return;
    // Of its own: another process may put a new file in its place meanwhile.
    const file = openSync(this.#path, "r");
    try {
      for (;;) {
        const bytes = new Uint8Array(readAtOnceBytes);
        const length = readSync(file, bytes);
        if (length === 0) return;
        yield bytes.subarray(0, length);
      }
    } finally {
      closeSync(file);
    }
  }

  append(bytes: Uint8Array): void {
    const file = this.#file();
    // One write for all, so that what several processes append does not mingle.
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
  }

  replace(parts: Iterable<Uint8Array>): void {
    // The parts may come of this very file.
    replaceFileByParts(this.#path, parts, { mode: 0o600, isFlushed: false });
    this.close();
  }

  close(): void {
    if (this.#open !== null) closeSync(this.#open);
    this.#open = null;
  }

  #file(): number {
    this.#open ??= openSync(this.#path, "a+", 0o600);
    return this.#open;
  }
}

import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import type { OutboxJournal } from "@darksync/runtime/store/outbox-journal";
import { replaceFile } from "./replace-file.js";

/** The outbox in a file that only its user can read (0600). Several processes may append to it. */
export class OutboxFile implements OutboxJournal {
  readonly #path: string;
  /** The open file, null before it was needed: opening it for every save would take longer than writing to it. */
  #open: number | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  size(): number {
    if (this.#open === null && !existsSync(this.#path)) return 0;
    return fstatSync(this.#file()).size;
  }

  readEnd(length: number): Uint8Array {
    const size = this.size();
    if (size === 0) return new Uint8Array();
    const bytes = new Uint8Array(Math.min(length, size));
    return bytes.subarray(0, readSync(this.#file(), bytes, 0, bytes.length, size - bytes.length));
  }

  read(): Uint8Array {
    return existsSync(this.#path) ? new Uint8Array(readFileSync(this.#path)) : new Uint8Array();
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
    if (this.#open !== null) closeSync(this.#open);
    this.#open = null;
  }

  /** The file that is in its place now: one that was replaced has no name any more. */
  #file(): number {
    if (this.#open !== null && fstatSync(this.#open).nlink > 0) return this.#open;
    this.close();
    this.#open = openSync(this.#path, "a+", 0o600);
    return this.#open;
  }
}

import type { OutboxJournal } from "../store/outbox-journal.js";

/** An outbox that lasts as long as the process. `bytes` may be changed from outside, as a damaged disk does. */
export class MemoryOutbox implements OutboxJournal {
  bytes: Uint8Array = new Uint8Array();

  size(): number {
    return this.bytes.length;
  }

  readEnd(length: number): Uint8Array {
    return this.bytes.slice(Math.max(0, this.bytes.length - length));
  }

  read(): Iterable<Uint8Array> {
    return [this.bytes.slice()];
  }

  append(bytes: Uint8Array): void {
    this.bytes = joined([this.bytes, bytes]);
  }

  replace(parts: Iterable<Uint8Array>): void {
    this.bytes = joined([...parts]);
  }

  /** Nothing to close: what opens it again finds it as it was. */
  close(): void {}
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

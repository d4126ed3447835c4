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

  read(): Uint8Array {
    return this.bytes.slice();
  }

  append(bytes: Uint8Array): void {
    const longer = new Uint8Array(this.bytes.length + bytes.length);
    longer.set(this.bytes);
    longer.set(bytes, this.bytes.length);
    this.bytes = longer;
  }

  replace(bytes: Uint8Array): void {
    this.bytes = bytes.slice();
  }

  /** Nothing to close: what opens it again finds it as it was. */
  close(): void {}
}

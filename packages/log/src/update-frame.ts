// How a block looks as a struct of a Yjs update, version 1 (yjs 13.6, `Item.write`): an info byte, then where it
// hangs, then its bytes after their length.

/** Bits of the info byte that say what kind of content follows. */
export const contentKindBits = 0x1f;
/** `ContentBinary`, the only kind that a log has. */
export const contentBinary = 0x03;
/** The struct names its left neighbour. */
export const leftOriginBit = 0x80;
/** The struct names its right neighbour. */
export const rightOriginBit = 0x40;
/** The struct sits under a key of a map. */
export const mapKeyBit = 0x20;
/** Before the parent of a first struct: it is a root type, and its name follows. */
export const rootParent = 1;

/** Writes into a buffer whose size was computed before. */
export class FrameWriter {
  readonly bytes: Uint8Array;
  #position = 0;

  /** `size` in bytes: exactly as many as will be written. */
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  byte(value: number): void {
    this.bytes[this.#position] = value;
    this.#position += 1;
  }

  varUint(value: number): void {
    let rest = value;
    // Not by bit shifts, which cut a number to 32 bits.
    for (; rest > 127; rest = Math.floor(rest / 128)) this.byte(0x80 | (rest % 128));
    this.byte(rest);
  }

  /** A text of ASCII characters only, after its length. */
  asciiText(text: string): void {
    this.varUint(text.length);
    for (let index = 0; index < text.length; index += 1) this.byte(text.charCodeAt(index));
  }

  lengthAndBytes(bytes: Uint8Array): void {
    this.varUint(bytes.length);
    this.bytes.set(bytes, this.#position);
    this.#position += bytes.length;
  }
}

/** How many bytes `FrameWriter.varUint` takes for a value. */
export function varUintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size += 1;
  return size;
}

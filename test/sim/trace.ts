/** What happened in a run: lines for people, and a hash over them and over every byte that was sent. */
export class Trace {
  readonly lines: string[] = [];
  #hash = 0x811c9dc5;

  /** Adds a line; `who` is a device, a relay or nothing. */
  tell(atMs: number, who: string, what: string): void {
    const line = `${describeTime(atMs)}  ${who.padEnd(8)}${what}`;
    this.lines.push(line);
    for (let at = 0; at < line.length; at += 1) this.#mix(line.charCodeAt(at));
  }

  /** Takes bytes into the hash. */
  note(bytes: Uint8Array): void {
    for (const byte of bytes) this.#mix(byte);
  }

  /** FNV-1a of 32 bits. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193);
  }
}

function describeTime(atMs: number): string {
  const seconds = Math.floor(atMs / 1000);
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  const [days, hours, minutes] = parts;
  const clock = [hours, minutes, seconds % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return `${days === 0 ? "" : `${days}d `}${clock}.${String(atMs % 1000).padStart(3, "0")}`;
}

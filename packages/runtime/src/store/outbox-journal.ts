/**
 * The bytes of the outbox (S8): a small second file beside the database, whose records `outbox/` writes and reads. It is
 * never waited for: after a power cut its end may be missing or torn.
 */
export interface OutboxJournal {
  /** How many bytes it has; 0 if there is none. Looks whether another process has put another in its place. */
  size(): number;
  /** Its last bytes, as many as `length` or all there are. */
  readEnd(length: number): Uint8Array;
  /** All its bytes, a part at a time: it may be larger than the memory. */
  read(): Iterable<Uint8Array>;
  /**
   * Adds bytes at its end; it is made if there is none. What fails midway may leave some of them. Goes to the one that
   * `size` or `readEnd` last looked at: ask one of them right before, since looking takes as long as writing.
   */
  append(bytes: Uint8Array): void;
  /** Puts these bytes, part after part, in the place of all; what fails, the giving of a part too, leaves it as it was. */
  replace(parts: Iterable<Uint8Array>): void;
  close(): void;
}

/**
 * The bytes of the outbox (S8): a small second file beside the database, whose records `outbox/` writes and reads. It is
 * never waited for: after a power cut its end may be missing or torn.
 */
export interface OutboxJournal {
  /** How many bytes it has; 0 if there is none. */
  size(): number;
  /** Its last bytes, as many as `length` or all there are. */
  readEnd(length: number): Uint8Array;
  read(): Uint8Array;
  /** Adds bytes at its end; it is made if there is none. What fails midway may leave some of them. */
  append(bytes: Uint8Array): void;
  /** Puts these bytes in the place of all; what fails leaves it as it was. */
  replace(bytes: Uint8Array): void;
  close(): void;
}

import type { StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";

/** What is not offered to the relay one is connected with. */
export class NotOffered {
  /** Streams of others whose next block it refuses. */
  readonly #stuck = new Set<StreamName>();
  /** What it sent of each log, durable or not: it has that. */
  readonly #passedOn = new Map<LogName, ReadonlyMap<StreamName, number>>();

  noteStuck(stream: StreamName): void {
    this.#stuck.add(stream);
  }

  notePassedOn(log: LogName, ends: ReadonlyMap<StreamName, number>): void {
    this.#passedOn.set(log, new Map([...(this.#passedOn.get(log) ?? []), ...ends]));
  }

  /** Of each stream of a log the block up to which nothing is offered. */
  of(log: LogName): Vector {
    const stuck = [...this.#stuck].map((stream) => [stream, Number.MAX_SAFE_INTEGER] as const);
    return new Map([...(this.#passedOn.get(log) ?? []), ...stuck]);
  }

  forget(): void {
    this.#stuck.clear();
    this.#passedOn.clear();
  }
}

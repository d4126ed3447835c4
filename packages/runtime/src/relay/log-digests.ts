import type { Hash } from "@darksync/core/ports";
import type { LogName } from "@darksync/core/vector";
import { digestsOf } from "../replica/log-view.js";
import type { RelayStore } from "../store/store.js";
import type { HeldLog } from "./held-log.js";

/** A log and the digest of what is durable of it. */
export interface LogDigest {
  readonly log: LogName;
  readonly digest: string;
}

/** The digests of a space's logs, each made once until its log moves: a greeting compares them all. */
export class LogDigests {
  readonly #hash: Hash;
  readonly #store: RelayStore;
  /** Null: to be made anew. */
  #digests: Map<LogName, string | null> | null = null;

  constructor(hash: Hash, store: RelayStore) {
    this.#hash = hash;
    this.#store = store;
  }

  /** `held`: logs of which something may not be durable yet; all rows of the others are. */
  of(isWanted: (log: LogName) => boolean, held: ReadonlyMap<LogName, HeldLog>): readonly LogDigest[] {
    this.#digests ??= new Map(this.#store.read(({ blocks }) => blocks.logs()).map((log) => [log, null]));
    const found: LogDigest[] = [];
    for (const [log, known] of this.#digests) {
      if (!isWanted(log)) continue;
      const digest = known ?? this.#make(log, held);
      if (digest === null) continue;
      if (known === null) this.#digests.set(log, digest);
      found.push({ log, digest });
    }
    return found;
  }

  /** Notes that more of a log is durable. */
  moved(log: LogName): void {
    this.#digests?.set(log, null);
  }

  forget(): void {
    this.#digests = null;
  }

  #make(log: LogName, held: ReadonlyMap<LogName, HeldLog>): string | null {
    const known = held.get(log);
    if (known !== undefined) return known.digest;
    const [made] = this.#store.read(({ blocks }) => digestsOf(this.#hash, blocks, [log]));
    return made?.digest ?? null;
  }
}

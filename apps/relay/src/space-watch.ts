import { existsSync } from "node:fs";
import type { Problem } from "@darksync/core/result";
import type { CheckedDatabase } from "@darksync/node/sqlite/check-relay-space";
import { noteDamage, notedDamage } from "@darksync/node/sqlite/damage-note";
import { relayDatabasePath } from "@darksync/node/sqlite/relay-spaces";
import type { Relay } from "@darksync/runtime/relay/relay";
import type { SpaceDamaged } from "@darksync/runtime/relay/space-damaged";
import type { Timers } from "@darksync/runtime/transport";

/** Not while everybody comes back after a start. */
const firstAfterMs = 10 * 60_000;
const restMs = 24 * 60 * 60_000;

/** What a watch works with. */
export interface WatchPorts {
  readonly timers: Pick<Timers, "after">;
  /** What is wrong with a database; null if it was broken off. */
  readonly check: (database: CheckedDatabase) => Promise<readonly Problem[] | null>;
  /** Hears of what went wrong beside damage, which the relay tells. */
  readonly onFailure: (error: unknown, about: { readonly space?: string }) => void;
}

/**
 * Reads all that a running relay keeps, once a day: what rots in old history is found before somebody asks for it. A
 * space that is damaged is refused from then on.
 */
export class SpaceWatch {
  readonly #relay: Relay;
  readonly #dir: string;
  readonly #relayKey: string;
  readonly #ports: WatchPorts;
  #callOff: () => void = () => {};
  #isStopped = false;

  /** `dir`: the data folder; `relayKey`: the hex of the relay's public key. */
  constructor(relay: Relay, dir: string, relayKey: string, ports: WatchPorts) {
    this.#relay = relay;
    this.#dir = dir;
    this.#relayKey = relayKey;
    this.#ports = ports;
  }

  begin(): void {
    this.#checkAfter(firstAfterMs);
  }

  /** Begins nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#callOff();
  }

  /** Checks all spaces, one after the other. */
  async checkAll(): Promise<void> {
    for (const space of this.#relay.ports.spaces.list()) {
      if (this.#isStopped) return;
      try {
        await this.#check(space);
      } catch (error) {
        this.#ports.onFailure(error, { space });
      }
    }
  }

  #checkAfter(delayMs: number): void {
    this.#callOff = this.#ports.timers.after(delayMs, () => void this.#checkAndGoOn());
  }

  async #checkAndGoOn(): Promise<void> {
    try {
      await this.checkAll();
    } catch (error) {
      this.#ports.onFailure(error, {});
    }
    if (!this.#isStopped) this.#checkAfter(restMs);
  }

  async #check(space: string): Promise<void> {
    const path = relayDatabasePath(this.#dir, space);
    const look = () => this.#ports.check({ path, space, relayKey: this.#relayKey });
    if (!existsSync(path) || wordsOf(await look()) === null) return;
    // A disk that did not answer is no damage: that is still there when it is looked for again.
    const words = wordsOf(await look());
    if (words !== null) this.#relay.space(space)?.noteDamage(words);
  }
}

/** What was found, in words; null if nothing. */
function wordsOf(problems: readonly Problem[] | null): string | null {
  const [first, ...others] = problems ?? [];
  if (first === undefined) return null;
  return others.length === 0 ? first.message : `${first.message} and ${others.length} more`;
}

/**
 * Notes in the data folder that a relay found a space damaged, so that it stays refused when the relay is started again.
 * False if that was noted before.
 */
export function keepInMind(dir: string, { space, message }: SpaceDamaged): boolean {
  const path = relayDatabasePath(dir, space);
  if (notedDamage(path) !== null) return false;
  noteDamage(path, message);
  return true;
}

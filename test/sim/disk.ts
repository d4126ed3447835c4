import type { MemoryStore } from "@darksync/runtime/memory/memory-store";
import { type Store, StoreError } from "@darksync/runtime/store/store";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import { never, type Process } from "./process.ts";
import { ProcessDied } from "./violation.ts";

/** How a disk behaves. Shares are out of a hundred writes. */
export interface DiskHabits {
  /** Writes that take a while, up to `slowMs`. */
  slowShare: number;
  readonly slowMs: number;
  /** Writes whose work runs twice, since another process was in the way. */
  readonly againShare: number;
}

/** What is stored on one disk, whichever process has it open. It survives processes; what did not commit is lost. */
export class Disk<Tables> {
  memory: MemoryStore<Tables>;
  readonly habits: DiskHabits;
  isFull = false;
  /** Counts writes that were committed: whoever looks at what is stored sees by it whether anything is new. */
  writes = 0;
  readonly #agenda: Agenda;
  readonly #chance: Chance;

  constructor(memory: MemoryStore<Tables>, habits: DiskHabits, agenda: Agenda, chance: Chance) {
    this.memory = memory;
    this.habits = habits;
    this.#agenda = agenda;
    this.#chance = chance;
  }

  /** The store as one process sees it. `onCommit` is called after each commit, whoever hears of it. */
  open(process: Process, onCommit: () => void): Store<Tables> {
    return {
      write: (work) => this.#write(process, onCommit, work),
      read: (work) => {
        if (!process.isAlive) throw new ProcessDied();
        return this.memory.read(work);
      },
      close: () => {},
    };
  }

  #write<Value>(process: Process, onCommit: () => void, work: (tables: Tables) => Value): Promise<Value> {
    // Dies before the commit: the transaction is lost, torn or not.
    if (!process.reach()) return never();
    if (this.isFull) return this.#fail(work, diskFull);
    if (this.#chance.percent(this.habits.againShare)) this.#runInVain(work);
    const written = this.memory.write(work);
    // Whether anybody hears of a failure is seen below.
    written.catch(() => {});
    this.writes += 1;
    onCommit();
    // Dies behind the commit: it is stored, and nobody was told.
    if (!process.reach()) return never();
    return this.#chance.percent(this.habits.slowShare) ? this.#later(process, written) : written;
  }

  /** All its work is done before it is known to have failed: nothing of that may be left. */
  #fail<Value>(work: (tables: Tables) => Value, error: Error): Promise<Value> {
    return this.memory.write((tables) => {
      work(tables);
      throw error;
    });
  }

  #runInVain(work: (tables: Tables) => unknown): void {
    this.#fail(work, diskFull).catch(() => {});
  }

  #later<Value>(process: Process, written: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#agenda.after(this.#chance.between(1, this.habits.slowMs), () => {
        if (process.isAlive) written.then(resolve, reject);
      });
    });
  }
}

const diskFull = new StoreError("disk-full", "there is no room left", "free some space, then try again");

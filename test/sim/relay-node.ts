import type { Signer } from "@darksync/core/ports";
import type { StreamName } from "@darksync/core/stream";
import { nodeCompression, sha256 } from "@darksync/node/crypto";
import { memoryRelayStore } from "@darksync/runtime/memory/relay-spaces";
import { Relay } from "@darksync/runtime/relay/relay";
import type { RelayPorts } from "@darksync/runtime/relay/relay-space";
import type { RelaySpaces, RelayStore, RelayTables } from "@darksync/runtime/store/store";
import { StoreError } from "@darksync/runtime/store/store";
import { Disk } from "./disk.ts";
import { signerOf } from "./keys.ts";
import type { Link } from "./network.ts";
import { never, Process } from "./process.ts";
import { simulatedSealing } from "./sealing.ts";
import { ProcessDied } from "./violation.ts";
import type { World } from "./world.ts";

/** What of a space is flushed: it outlives a loss of power. */
interface Flushed {
  /** Counts up: flushes may end in another order than they began. */
  readonly number: number;
  readonly restore: () => void;
  /** Last block numbers, by `LOG STREAM`. */
  readonly tips: ReadonlyMap<string, number>;
}

/** A relay with its disks. Its process may die; what it committed stays, and what it flushed even without power. */
export class RelayNode {
  readonly name: string;
  readonly url: string;
  readonly disks = new Map<string, Disk<RelayTables>>();
  readonly links = new Set<Link>();
  relay: Relay | null = null;
  process: Process | null = null;
  /** Puts back a copy of its disks, as backups keep them. */
  backup: (() => void) | null = null;
  /** How often it lost what it had told of: an older copy was put back. */
  restores = 0;
  /** How often it lost what it had passed on, and not told of (R80): its power failed. */
  powerFailures = 0;
  /** Whether it says that all is flushed before it is: a canary. */
  flushesLie = false;
  /** Whether its rooms show nothing: a canary. */
  roomsHide = false;
  /** Whether it has no segment any more that it told of: a canary. */
  segmentsGone = false;
  readonly #world: World;
  readonly #signer: Signer;
  readonly #flushed = new Map<string, Flushed>();
  #flushes = 0;
  #isFull = false;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    this.url = `memory://${name}`;
    this.#signer = signerOf(world.chance.fork(`key of ${name}`).bytes(32));
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  set isFull(isFull: boolean) {
    this.#isFull = isFull;
    for (const disk of this.disks.values()) disk.isFull = isFull;
  }

  start(): void {
    if (this.process !== null) return;
    const process = new Process(() => this.#onDeath(process));
    this.process = process;
    this.relay = new Relay({
      ...this.#ports(process),
      signer: this.#signer,
      spaces: this.#spaces(process),
      onFailure: this.#onFailure,
    });
  }

  /** What it has of a space, whatever its process does; null if it has none. */
  stored<Value>(space: string, read: (tables: RelayTables) => Value): Value | null {
    const disk = this.disks.get(space);
    return disk === undefined ? null : disk.memory.read(read);
  }

  /** Whether a block is there for good: flushed, and of this hash. */
  hasDurably(space: string, log: string, stream: StreamName, seq: number, hash: string): boolean {
    const flushed = this.#flushed.get(space)?.tips.get(`${log} ${stream}`) ?? 0;
    return seq <= flushed && this.stored(space, ({ blocks }) => blocks.hashAt(log, stream, seq)) === hash;
  }

  /** Its machine loses power: what was written and not flushed is gone. */
  losePower(): void {
    this.#world.tell(this.name, "its power fails");
    this.powerFailures += 1;
    this.process?.die();
    for (const { restore } of this.#flushed.values()) restore();
    for (const space of this.disks.keys()) if (!this.#flushed.has(space)) this.disks.delete(space);
  }

  keepBackup(): void {
    const kept = new Map(this.#flushed);
    this.backup = () => {
      for (const [space, flushed] of kept) {
        flushed.restore();
        this.#flushed.set(space, flushed);
      }
      for (const space of this.disks.keys()) if (!kept.has(space)) this.disks.delete(space);
    };
  }

  /** Puts the copy of its disks back: what came since is lost. */
  restore(): void {
    if (this.backup === null) return;
    this.#world.tell(this.name, "the copy of its data is put back");
    // Asked before its connections break: the word on what it had may be on its way.
    this.#world.forgiveDurable(this);
    this.process?.die();
    this.backup();
    this.restores += 1;
    this.#world.forgiveLost();
  }

  #onDeath(process: Process): void {
    this.#world.tell(this.name, "its process died");
    if (this.process === process) {
      this.process = null;
      this.relay = null;
    }
    // Whoever talked to it hears of it at once, or has to find out.
    for (const link of this.links)
      if (this.#world.chance.percent(60)) link.cut(this.#world.chance.below(3));
      else link.silence();
    this.links.clear();
    this.#world.agenda.after(this.#world.chance.between(100, 6000), () => this.start());
  }

  readonly #onFailure = (error: unknown): void => {
    if (!(error instanceof StoreError || error instanceof ProcessDied))
      this.#world.fail("unexpected-error", `${this.name}: ${describeError(error)}`);
  };

  #ports(process: Process): RelayPorts {
    const { agenda, verify, swarm } = this.#world;
    const after = (delayMs: number, callback: () => void) =>
      agenda.after(delayMs, () => process.isAlive && callback());
    return {
      hash: sha256,
      verify,
      compression: nodeCompression,
      afterTurn: (callback) => after(0, callback),
      afterPause: (callback) => after(40, callback),
      sealing: simulatedSealing({ after }, swarm.sealingChanges),
    };
  }

  #spaces(process: Process): RelaySpaces {
    const opened = (space: string, disk: Disk<RelayTables>): RelayStore => ({
      ...disk.open(process, () => {}),
      durable: () => this.#flush(process, space, disk),
    });
    return {
      list: () => [...this.disks.keys()].sort(),
      open: (space) => {
        const disk = this.disks.get(space);
        return disk === undefined ? null : opened(space, disk);
      },
      create: (space) => {
        const { agenda, chance, swarm } = this.#world;
        const memory = memoryRelayStore({ hash: sha256, compression: nodeCompression });
        const disk = new Disk(memory, swarm.disk, agenda, chance.fork(`disk of ${this.name} ${space}`));
        disk.isFull = this.#isFull;
        this.disks.set(space, disk);
        return opened(space, disk);
      },
      close: () => {},
    };
  }

  /** All that is written now is kept whatever happens, once this is done. */
  #flush(process: Process, space: string, disk: Disk<RelayTables>): Promise<void> {
    if (!process.reach()) return never();
    if (this.flushesLie) return Promise.resolve();
    this.#flushes += 1;
    const flushed = { number: this.#flushes, restore: disk.memory.checkpoint(), tips: tipsOf(disk) };
    return new Promise((resolve) => {
      const { agenda, chance, swarm } = this.#world;
      agenda.after(chance.below(swarm.flushMs + 1), () => {
        if (!process.isAlive) return;
        if ((this.#flushed.get(space)?.number ?? 0) < flushed.number) this.#flushed.set(space, flushed);
        if (process.reach()) resolve();
      });
    });
  }
}

function tipsOf({ memory }: Disk<RelayTables>): ReadonlyMap<string, number> {
  return memory.read(
    ({ blocks }) =>
      new Map(
        blocks
          .logs()
          .flatMap((log) =>
            [...blocks.tips(log)].map(([stream, { seq }]) => [`${log} ${stream}`, seq] as const),
          ),
      ),
  );
}

export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

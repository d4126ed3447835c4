import type { Signer } from "@darksync/core/ports";
import { sha256 } from "@darksync/node/crypto";
import { memoryRelayStore } from "@darksync/runtime/memory/relay-spaces";
import { Relay } from "@darksync/runtime/relay/relay";
import type { RelayPorts } from "@darksync/runtime/relay/relay-space";
import type { RelaySpaces, RelayStore, RelayTables } from "@darksync/runtime/store/store";
import { StoreError } from "@darksync/runtime/store/store";
import { Disk, type DiskHabits } from "./disk.ts";
import { signerOf } from "./keys.ts";
import type { Link } from "./network.ts";
import { never, Process } from "./process.ts";
import { ProcessDied } from "./violation.ts";
import type { World } from "./world.ts";

/** A relay with its disks. Its process may die; what it committed stays. */
export class RelayNode {
  readonly name: string;
  readonly url: string;
  readonly disks = new Map<string, Disk<RelayTables>>();
  readonly links = new Set<Link>();
  relay: Relay | null = null;
  process: Process | null = null;
  /** Copies of its disks, as backups keep them. */
  backup: (() => void) | null = null;
  readonly #world: World;
  readonly #ports: RelayPorts;
  readonly #signer: Signer;
  readonly #habits: DiskHabits;
  #isFull = false;

  constructor(world: World, name: string, ports: RelayPorts, habits: DiskHabits) {
    this.#world = world;
    this.name = name;
    this.url = `memory://${name}`;
    this.#ports = ports;
    this.#signer = signerOf(sha256(new TextEncoder().encode(`the key of ${name}`)));
    this.#habits = habits;
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
      ...this.#ports,
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

  keepBackup(): void {
    const kept = new Map([...this.disks].map(([space, disk]) => [space, disk.memory.checkpoint()]));
    this.backup = () => {
      for (const [space, restore] of kept) {
        restore();
        const disk = this.disks.get(space);
        if (disk !== undefined) disk.writes += 1;
      }
      for (const space of this.disks.keys()) if (!kept.has(space)) this.disks.delete(space);
    };
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

  /** Puts the copy of its disks back: what came since is lost. */
  restore(): void {
    if (this.backup === null) return;
    this.#world.tell(this.name, "the copy of its data is put back");
    // Asked before its connections break: the word on what it had may be on its way.
    this.#world.forgiveDurable(this);
    this.process?.die();
    this.backup();
    this.#world.forgiveLost();
  }

  readonly #onFailure = (error: unknown): void => {
    if (!(error instanceof StoreError || error instanceof ProcessDied))
      this.#world.fail("unexpected-error", `${this.name}: ${describeError(error)}`);
  };

  #spaces(process: Process): RelaySpaces {
    // All is durable at once here: a disk that loses what was not flushed has to tell by this.
    const opened = (disk: Disk<RelayTables>): RelayStore => ({
      ...disk.open(process, () => {}),
      durable: () => (process.isAlive ? Promise.resolve() : never()),
    });
    return {
      list: () => [...this.disks.keys()].sort(),
      open: (space) => {
        const disk = this.disks.get(space);
        return disk === undefined ? null : opened(disk);
      },
      create: (space) => {
        const chance = this.#world.chance.fork(`disk of ${this.name} ${space}`);
        const disk = new Disk(memoryRelayStore(this.#ports), this.#habits, this.#world.agenda, chance);
        disk.isFull = this.#isFull;
        this.disks.set(space, disk);
        return opened(disk);
      },
      close: () => {},
    };
  }
}

export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

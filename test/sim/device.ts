import type { BlockPorts } from "@darksync/core/block";
import { toHex } from "@darksync/core/bytes";
import type { ChangeId } from "@darksync/core/op-id";
import type { Signer } from "@darksync/core/ports";
import { type Result, success } from "@darksync/core/result";
import { darklang } from "@darksync/language/darklang";
import { nodeCompression, sha256 } from "@darksync/node/crypto";
import { currentBranch } from "@darksync/runtime/branch/current-branch";
import { onBranch } from "@darksync/runtime/branch/on-branch";
import { segmentFetcher, withHistory } from "@darksync/runtime/cache/fetch-evicted";
import { MemoryOutbox } from "@darksync/runtime/memory/memory-outbox";
import { memoryReplicaStore } from "@darksync/runtime/memory/replica-store";
import { StoreWithOutbox } from "@darksync/runtime/outbox/store-with-outbox";
import { ClientConnection } from "@darksync/runtime/relay/client-connection";
import { createReplica } from "@darksync/runtime/replica/create-space";
import { dropDamagedBlocks, refoldAll } from "@darksync/runtime/replica/full-sync";
import { segmentOpener } from "@darksync/runtime/replica/open-segment";
import { openReplica, type Replica, type ReplicaPorts, readFacts } from "@darksync/runtime/replica/replica";
import { SyncSession } from "@darksync/runtime/replica/sync-session";
import type { SyncOutcome } from "@darksync/runtime/replica/sync-tally";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import { StoreError } from "@darksync/runtime/store/store";
import type { SegmentSource, Timers, Transport } from "@darksync/runtime/transport";
import type { Chance } from "./chance.ts";
import { Disk, type DiskHabits } from "./disk.ts";
import { signerOf } from "./keys.ts";
import { Link, type LinkPorts, type NetworkHabits } from "./network.ts";
import { outboxOf } from "./outbox.ts";
import { Process } from "./process.ts";
import { describeError, type RelayNode } from "./relay-node.ts";
import { simulatedSegments } from "./segment-source.ts";
import type { World } from "./world.ts";

const startMs = Date.UTC(2026, 0, 1);
const expectedCodes: ReadonlySet<string> = new Set(["disk-full", "segment-evicted"]);
/** What reading blocks takes. */
export const blockPorts: BlockPorts = { hash: sha256, compression: nodeCompression };

/** What came of work, and how many segments were fetched for it. */
export interface Fetched<Value> {
  readonly value: Value;
  readonly segments: number;
}

/** What a device starts with. */
export interface DeviceHabits {
  readonly disk: DiskHabits;
  readonly network: NetworkHabits;
  /** How fast its clock runs, beside a good one. */
  readonly clockRate: number;
}

/** A member's device: its disk, its key and clock, and the process that runs on it now. */
export class Device {
  readonly name: string;
  readonly member: string;
  readonly signer: Signer;
  readonly disk: Disk<ReplicaTables>;
  /** The second file beside its database. */
  readonly outbox = new MemoryOutbox();
  readonly network: NetworkHabits;
  clockOffsetMs = 0;
  relay: RelayNode;
  process: Process | null = null;
  replica: Replica | null = null;
  /** Whether a sync, or something that must not run beside one, has the space. */
  isLocked = false;
  backup: (() => void) | null = null;
  /** Changes that its user is discarding. */
  discarding: ReadonlySet<ChangeId> = new Set();
  awayUntilMs = 0;
  /** What must be done before its database can be used again, by a process that may die over it. */
  repair: ((process: Process) => Promise<void>) | null = null;
  /** When its database was put back or made anew last. */
  restoredAtMs = -1;
  /** Whether it ever evicted history: it may not have what it once held, and know so. */
  hasEvicted = false;
  links: Link[] = [];
  /** What befalls its next connection. */
  nextFate: LinkPorts["fate"] = null;
  readonly world: World;
  readonly #random: Chance;
  readonly #chance: Chance;
  readonly #clockRate: number;
  readonly #drawn = new Map<string, number>();
  #watching: SyncSession | null = null;

  constructor(world: World, name: string, member: string, relay: RelayNode, habits: DeviceHabits) {
    this.world = world;
    this.name = name;
    this.member = member;
    this.relay = relay;
    this.#chance = world.chance.fork(`device ${name}`);
    this.#random = this.#chance.fork("random");
    this.#clockRate = habits.clockRate;
    this.network = { ...habits.network };
    this.signer = signerOf(this.#chance.fork("key").bytes(32));
    const { disk } = habits;
    this.disk = new Disk(
      memoryReplicaStore(blockPorts),
      { ...disk },
      world.agenda,
      this.#chance.fork("disk"),
    );
  }

  get isUp(): boolean {
    return this.process?.isAlive === true && this.replica !== null;
  }

  get isWatching(): boolean {
    return this.#watching !== null;
  }

  /** Its replica on the branch that it is on. */
  get here(): Replica | null {
    const { replica } = this;
    if (replica === null) return null;
    const branch = this.read(currentBranch);
    return branch === null ? replica : onBranch(replica, branch);
  }

  /** Reads what is stored, whatever its process does. */
  read<Value>(work: (tables: ReplicaTables) => Value): Value {
    return this.disk.memory.read(work);
  }

  get space(): string {
    return this.read(readFacts).space;
  }

  /** Whether it keeps some owners' packages alone. */
  get isPartial(): boolean {
    return this.read(readFacts).only.length > 0;
  }

  tell(what: string): void {
    this.world.tell(this.name, what);
  }

  /** Starts its process, unless one runs. */
  async start(): Promise<void> {
    if (this.process !== null) return;
    const process = new Process(() => this.#onDeath(process));
    this.process = process;
    const { repair } = this;
    if (repair !== null) {
      this.isLocked = true;
      await this.#guard(process, "repair", () => repair(process));
      process.die();
      return;
    }
    await this.#guard(process, "open", async () => {
      const store = this.#openStore(process);
      await store.bringUpToDate();
      const replica = await openReplica({ ...this.ports, store });
      if (process.isAlive) this.replica = replica;
    });
    // A disk that was full when it started: it tries again by itself.
    if (this.process === process && this.replica === null) process.die();
  }

  /** What a replica of it runs on, but its store. */
  get ports(): Omit<ReplicaPorts, "store"> {
    return {
      signer: this.signer,
      ...blockPorts,
      verify: this.world.verify,
      clock: () => startMs + Math.round(this.world.agenda.nowMs * this.#clockRate) + this.clockOffsetMs,
      random: (length) => this.#random.bytes(length),
      language: darklang,
    };
  }

  #openStore(process: Process): StoreWithOutbox {
    const store = this.disk.open(process, () => this.world.onCommit(this));
    const journal = outboxOf(this.outbox, process, () => this.disk.isFull);
    const device = toHex(this.signer.publicKey);
    const onTrouble = () => this.tell("its outbox could not be written");
    const afterTurn = queueMicrotask;
    return new StoreWithOutbox(store, { ...blockPorts, device, journal, onTrouble, afterTurn });
  }

  /** Makes its first entries; an empty `space` joins its relay's. `only`: the owners to keep; empty: all. */
  create(space: string, owners: readonly string[], only: readonly string[]): Promise<void> {
    return this.act("create", async (replica) => {
      const made = { space, member: this.member, owners, relay: null, only };
      const of = only.length === 0 ? "" : ` of ${only.join(", ")}`;
      return describe(
        await createReplica(replica, made),
        () => `made a copy${of}${space === "" ? "" : " and a space"}`,
      );
    });
  }

  /** Its user is told that this is saved: whatever the store says, the ledger has it. Gives the ids in short. */
  told(...ids: readonly ChangeId[]): string {
    for (const id of ids)
      this.world.ledger.addTold({ id, device: this, log: "", atMs: this.world.agenda.nowMs });
    return ids.map((id) => id.slice(0, 8)).join(" ");
  }

  /** Does something on the replica, and tells what came of it. Nothing is told if the process dies meanwhile. */
  act(what: string, work: (replica: Replica) => Promise<string>): Promise<void> {
    const { process, replica } = this;
    if (process === null || replica === null) return Promise.resolve();
    return this.#guard(process, what, async () => {
      const done = await this.fetching(replica, () => work(replica));
      if (!process.isAlive) return;
      const said = describe(
        done,
        ({ value, segments }) => `${value}${segments === 0 ? "" : ", history fetched"}`,
      );
      this.tell(`${what}: ${said}`);
      this.#watching?.changed();
    });
  }

  /** Does what a command does: evicted history that it needs is fetched, and it begins again (R63). */
  fetching<Value>(replica: Replica, work: () => Promise<Value> | Value): Promise<Result<Fetched<Value>>> {
    const source = { segments: this.#segments(), url: this.relay.url };
    let segments = 0;
    const fetch = (segment: string) => {
      segments += 1;
      return segmentFetcher(replica, source)(segment);
    };
    const done = async () => success({ value: await work(), segments });
    return withHistory(fetch, done, (_error, problem) => ({ ok: false, problem }));
  }

  /** The same for what must not run beside a sync. */
  async actAlone(what: string, work: (replica: Replica) => Promise<string>): Promise<void> {
    if (this.isLocked) return;
    this.isLocked = true;
    const { process } = this;
    await this.act(what, work);
    if (this.process === process) this.isLocked = false;
  }

  /** Syncs once. */
  sync(): Promise<SyncOutcome | null> {
    return this.#run("sync", (replica) => this.session(replica, "once", false).run());
  }

  /** Downloads everything again, as `sync --full` does. */
  syncFull(): Promise<SyncOutcome | null> {
    return this.#run("sync --full", async (replica) => {
      await dropDamagedBlocks(replica);
      const outcome = await this.session(replica, "once", true).run();
      if (outcome.problem === null) await refoldAll(replica);
      return outcome;
    });
  }

  /** Stays in sync until it is stopped or dies. */
  watch(): Promise<SyncOutcome | null> {
    return this.#run("sync --watch", (replica) => {
      const session = this.session(replica, "stay", false);
      this.#watching = session;
      return session.run();
    });
  }

  stopWatching(): void {
    this.#watching?.stop();
  }

  async #run(what: string, work: (replica: Replica) => Promise<SyncOutcome>): Promise<SyncOutcome | null> {
    const { process, replica } = this;
    if (this.isLocked || process === null || replica === null) return null;
    this.isLocked = true;
    this.tell(`${what} with ${this.relay.name} begins`);
    let outcome: SyncOutcome | null = null;
    await this.#guard(process, what, async () => {
      outcome = await work(replica);
    });
    if (this.process !== process || !process.isAlive) return null;
    this.isLocked = false;
    this.#watching = null;
    if (outcome !== null) this.tell(`${what}: ${describeOutcome(outcome)}`);
    return outcome;
  }

  /** A sync of a replica by its process, with the relay that it goes to now. */
  session(replica: Replica, mode: "once" | "stay", isFull: boolean): SyncSession {
    const { url } = this.relay;
    const clone = { segments: this.#segments(), openSegment: segmentOpener(this.ports) };
    const ports = { transport: this.#transport(), timers: this.#timers(), clone };
    return new SyncSession(replica, ports, url, mode, { isFull, link: url });
  }

  /** A generator of its own for the next one of these. */
  nextChance(what: string): Chance {
    const number = (this.#drawn.get(what) ?? 0) + 1;
    this.#drawn.set(what, number);
    return this.#chance.fork(`${what} ${number}`);
  }

  #segments(): SegmentSource {
    const { process, world, network, relay } = this;
    if (process === null) throw new Error("no process");
    const { agenda } = world;
    const chance = this.nextChance("fetch");
    const habits = world.isHealed ? { cutShare: 0, corruptShare: 0, missingShare: 0 } : world.swarm.fetch;
    return simulatedSegments({ agenda, chance, network, process, relay, habits });
  }

  #transport(): Transport {
    const { process, world, network, relay } = this;
    if (process === null) throw new Error("no process");
    return {
      connect: (_url, handler) => {
        this.links = this.links.filter(({ isOpen }) => isOpen);
        const { agenda, trace } = world;
        const chance = this.nextChance("link");
        const tap = (bytes: Uint8Array) => world.overhear(relay, bytes);
        const fate = this.nextFate;
        this.nextFate = null;
        const enter: LinkPorts["enter"] = (entered, connection) =>
          new ClientConnection(entered, connection, null);
        const ports = { agenda, chance, trace, habits: network, process, relay, fate, tap, enter };
        const link = new Link(ports, handler);
        this.links.push(link);
        return link.connection;
      },
    };
  }

  #timers(): Timers {
    const { process, world } = this;
    const isAlive = () => process?.isAlive === true;
    return {
      after: (delayMs, callback) => world.agenda.after(delayMs, () => isAlive() && callback()),
      every: (intervalMs, callback) => {
        let callOff = () => {};
        const enter = () => {
          callOff = world.agenda.after(intervalMs, () => {
            if (!isAlive()) return;
            enter();
            callback();
          });
        };
        enter();
        return () => callOff();
      },
    };
  }

  /** Runs what may fail as the world is: a dead process tells nobody, a full disk tells its user. */
  async #guard(process: Process, what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!process.isAlive) return;
      const isExpected = error instanceof StoreError && expectedCodes.has(error.code);
      if (isExpected) this.tell(`${what}: ${error.code}`);
      else this.world.fail("unexpected-error", `${this.name}, ${what}: ${describeError(error)}`);
    }
  }

  #onDeath(process: Process): void {
    this.tell("its process died");
    for (const link of this.links)
      if (this.#chance.percent(60)) link.cut(this.#chance.below(3));
      else link.silence();
    this.links = [];
    if (this.process !== process) return;
    this.process = null;
    this.replica = null;
    this.isLocked = false;
    this.#watching = null;
    this.#comeBack();
  }

  #comeBack(): void {
    const { agenda } = this.world;
    const backMs = Math.max(agenda.nowMs + this.#chance.between(100, 8000), this.awayUntilMs);
    agenda.after(backMs - agenda.nowMs, () => void this.start());
  }
}

/** A result in words. */
export function describe<Value>(result: Result<Value>, words: (value: Value) => string): string {
  return result.ok ? words(result.value) : result.problem.code;
}

/** What came of a sync, in words. */
export function describeOutcome({
  pushed,
  pulled,
  parked,
  plansApplied,
  problem,
  refused,
}: SyncOutcome): string {
  const parts = [`${pushed} pushed`, `${pulled} pulled`];
  if (parked > 0) parts.push(`${parked} parked`);
  if (plansApplied > 0) parts.push(`${plansApplied} settled as planned`);
  if (problem !== null) parts.push(problem.code);
  parts.push(...new Set(refused.map(({ code }) => `not taken: ${code}`)));
  return parts.join(", ");
}

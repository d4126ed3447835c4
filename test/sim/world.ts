import type { Verify } from "@darksync/core/ports";
import { readFacts } from "@darksync/runtime/replica/replica";
import { Agenda } from "./agenda.ts";
import { Chance } from "./chance.ts";
import type { Check } from "./check.ts";
import { Device } from "./device.ts";
import { rememberingVerify } from "./keys.ts";
import { Ledger } from "./ledger.ts";
import type { NetworkHabits } from "./network.ts";
import { contentOf } from "./relay-content.ts";
import { describeError, RelayNode } from "./relay-node.ts";
import type { RoomGuest } from "./room-guest.ts";
import type { Swarm } from "./swarm.ts";
import { Trace } from "./trace.ts";
import { Violation } from "./violation.ts";

/** How a network behaves when nothing is wrong with it. */
export const calmNetwork: NetworkHabits = { leastMs: 1, mostMs: 5, isDown: false };
const overheardMessages = 40;

/** All there is in one run. */
export class World {
  readonly agenda = new Agenda((error) => this.fail("unexpected-error", describeError(error)));
  readonly trace = new Trace();
  readonly ledger = new Ledger();
  readonly chance: Chance;
  readonly swarm: Swarm;
  readonly verify: Verify = rememberingVerify();
  readonly devices: Device[] = [];
  readonly relays: RelayNode[];
  /** What clients sent to relays lately: what a hostile peer may have got hold of. */
  readonly overheard: { readonly relay: RelayNode; readonly bytes: Uint8Array }[] = [];
  /** Bundles of discarded changes, by device. */
  readonly bundles: { readonly device: Device; readonly bytes: Uint8Array }[] = [];
  /** Those with a stock Yjs client. */
  readonly guests: RoomGuest[] = [];
  violation: Violation | null = null;
  /** Whether everything works: no fault strikes any more. */
  isHealed = false;
  readonly #checks: readonly Check[];
  readonly #changed = new Set<Device>();
  readonly #wasDurable = new Map<Device, Set<string>>();
  readonly #seenChanges = new Map<Device, number>();

  constructor(seed: number, swarm: Swarm, checks: readonly Check[]) {
    this.chance = new Chance(`seed ${seed}`);
    this.swarm = swarm;
    this.#checks = checks;
    this.relays = Array.from({ length: swarm.relays }, (_, index) => new RelayNode(this, `relay${index}`));
  }

  /** The relay that all come back to. */
  get mainRelay(): RelayNode {
    const [relay] = this.relays;
    if (relay === undefined) throw new Error("a world without a relay");
    return relay;
  }

  addDevice(member: string): Device {
    const { disk, driftShare } = this.swarm;
    const network = this.isHealed ? calmNetwork : this.swarm.network;
    const name = `${member.toLowerCase()}${this.devices.filter((other) => other.member === member).length + 1}`;
    const chance = this.chance.fork(`habits of ${name}`);
    const clockRate = chance.percent(driftShare) ? 1 + (chance.below(2001) - 1000) / 10_000 : 1;
    const device = new Device(this, name, member, this.mainRelay, { disk, network, clockRate });
    this.devices.push(device);
    return device;
  }

  tell(who: string, what: string): void {
    this.trace.tell(this.agenda.nowMs, who, what);
  }

  /** Notes the first violation; the run ends with it. */
  fail(checker: string, message: string): void {
    this.violation ??= new Violation(checker, message);
  }

  overhear(relay: RelayNode, bytes: Uint8Array): void {
    this.overheard.push({ relay, bytes });
    if (this.overheard.length > overheardMessages) this.overheard.shift();
  }

  /** After each commit of a device: what it saved goes into the ledger. */
  onCommit(device: Device): void {
    this.#changed.add(device);
    const gone = [...device.discarding].filter((id) => !device.read(({ changes }) => changes.has(id)));
    if (gone.length > 0) device.discarding = new Set();
    this.ledger.excuse(gone, "discarded");
    const own = [...device.signer.publicKey].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const after = this.#seenChanges.get(device) ?? 0;
    const records = device.read(({ changes }) => changes.after(after, Number.MAX_SAFE_INTEGER));
    for (const { id, device: author, log, number, place } of records) {
      this.#seenChanges.set(device, number);
      if (author === own && place === null) this.ledger.add({ id, device, log, atMs: this.agenda.nowMs });
    }
  }

  /** A device's disk holds something else now than what was written last. */
  onRestored(device: Device): void {
    this.#changed.add(device);
    device.restoredAtMs = this.agenda.nowMs;
    this.forgiveLost();
    this.#seenChanges.set(
      device,
      device.read(({ changes }) => changes.latest(1)[0]?.number ?? 0),
    );
  }

  /** Whether a device was right to hold a block for durable once: its relay was put back to an older copy since. */
  wasDurable(relay: RelayNode, device: Device, block: string): boolean {
    return this.#wasDurable.get(device)?.has(`${relay.name} ${block}`) ?? false;
  }

  /**
   * Before a relay or a device is put back: what is held for durable by now, all are excused for; and what a relay has
   * now, those who talk to it, for the word on it may be on its way.
   */
  forgiveDurable(restored: RelayNode | null): void {
    const onRelay = restored === null ? [] : blocksOn(restored, this.devices[0]?.space ?? "");
    for (const device of this.devices) {
      const forgiven = this.#wasDurable.get(device) ?? new Set();
      this.#wasDurable.set(device, forgiven);
      for (const block of durableBlocks(device)) forgiven.add(block);
      if (device.links.some(({ isOpen }) => isOpen)) for (const block of onRelay) forgiven.add(block);
    }
  }

  /** Before a database is made anew: what was acknowledged is in no outbox, and the relay may have lost it since. */
  forgiveAcknowledged(device: Device): void {
    this.forgiveDurable(null);
    const onRelay = new Set(contentOf(this.mainRelay, this.devices[0]?.space ?? ""));
    const acknowledged = this.ledger.of(device).filter(({ id, log }) =>
      device.read(({ changes, durable }) => {
        const place = changes.get(id)?.place ?? null;
        return place !== null && place.seq <= (durable.durable(log).get(place.stream) ?? 0);
      }),
    );
    const lost = acknowledged.filter(({ id }) => !onRelay.has(id));
    this.ledger.excuse(
      lost.map(({ id }) => id),
      "acknowledged, lost by the relay, and by the device too",
    );
  }

  /**
   * After something was put back: a save that neither its device nor the relay holds any more is lost with that. What
   * an outbox has still is not.
   */
  forgiveLost(): void {
    const onRelay = new Set(contentOf(this.mainRelay, this.devices[0]?.space ?? ""));
    for (const { id, device } of this.ledger.saved.values()) {
      if (!onRelay.has(id) && !device.read(({ changes }) => changes.has(id)))
        this.ledger.excuse([id], "lost with an older copy");
    }
  }

  /** After each event: whatever changed must be right. */
  checkStep(): void {
    if (this.#changed.size === 0) return;
    const devices = [...this.#changed];
    this.#changed.clear();
    for (const device of devices) {
      for (const check of this.#checks) {
        this.#checkDevice(check, device);
      }
    }
  }

  #checkDevice(check: Check, device: Device): void {
    try {
      const wrong = check.step?.(this, device) ?? null;
      if (wrong !== null) this.fail(check.name, `${device.name}: ${wrong}`);
    } catch (error) {
      this.fail("unexpected-error", `while checking ${check.name}: ${describeError(error)}`);
    }
  }

  /** At the end, when all is healed and quiet. */
  async checkEnd(): Promise<void> {
    for (const check of this.#checks) {
      if (this.violation !== null) return;
      try {
        const wrong = (await check.end?.(this)) ?? null;
        if (wrong !== null) this.fail(check.name, wrong);
      } catch (error) {
        this.fail("unexpected-error", `while checking ${check.name}: ${describeError(error)}`);
      }
    }
  }
}

/** What a relay has, each block as `RELAY LOG STREAM SEQ HASH`. */
function blocksOn(relay: RelayNode, space: string): readonly string[] {
  const found = relay.stored(space, ({ blocks }) =>
    blocks
      .logs()
      .flatMap((log) =>
        [...blocks.tips(log).keys()].flatMap((stream) =>
          blocks
            .read(log, stream, 1, Number.MAX_SAFE_INTEGER)
            .map(({ seq, hash }) => `${relay.name} ${log} ${stream} ${seq} ${hash}`),
        ),
      ),
  );
  return found ?? [];
}

/** What a device holds for durable, each block as `RELAY LOG STREAM SEQ HASH`. */
function durableBlocks(device: Device): readonly string[] {
  return device.read((tables) => {
    const { relay } = readFacts(tables);
    const name = relay?.slice("memory://".length) ?? "";
    return tables.blocks.logs().flatMap((log) =>
      [...tables.durable.durable(log)].flatMap(([stream, seq]) =>
        Array.from({ length: seq }, (_, index) => {
          const hash = tables.blocks.hashAt(log, stream, index + 1);
          return `${name} ${log} ${stream} ${index + 1} ${hash}`;
        }),
      ),
    );
  });
}

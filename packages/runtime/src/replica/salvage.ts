import { decodeBlock, openBlock, readChanges } from "@darksync/core/block";
import { changeId } from "@darksync/core/change";
import type { ChangeId } from "@darksync/core/op-id";
import type { OutboxChange } from "../outbox/outbox-content.js";
import type { OwnPorts } from "../outbox/own-pending.js";
import { BlockSalvage, type SalvagedStream } from "../store/block-salvage.js";
import type { ReplicaStore, ReplicaTables } from "../store/store.js";

/**
 * Reads what can be read of a replica's damaged store. Nothing of it is believed: a change counts only if its bytes are
 * what its id says.
 */
export class Salvage extends BlockSalvage<ReplicaTables> {
  readonly #ports: OwnPorts;

  constructor(ports: OwnPorts, store: ReplicaStore) {
    super(store);
    this.#ports = ports;
  }

  meta(key: string): string | null {
    return this.look(({ meta }) => meta.get(key)) ?? null;
  }

  /** The numbers of the last changes of blocks: in which order they came. Empty if they cannot be read. */
  arrivals(): ReadonlyMap<string, number> {
    const arrivals = this.look(({ changes }) => changes.arrivals(0)) ?? [];
    return new Map(arrivals.map(({ log, stream, seq, number }) => [`${log} ${stream} ${seq}`, number]));
  }

  /** The own changes that wait unsigned, in order. `upTo`: a number that none of them is beyond, if the store tells none. */
  unsigned(upTo: number): readonly OutboxChange[] {
    const waiting = this.look(({ changes }) => changes.waiting(0), false);
    const numbers = waiting?.map(({ number }) => number) ?? this.#numbersUpTo(upTo);
    return numbers.flatMap((number) => {
      const record = this.look(({ changes }) => changes.byNumber(number));
      if (record === undefined || record === null || record.bytes === null) return [];
      const { hash, device } = this.#ports;
      const { log, bytes } = record;
      if (changeId(hash, device, log, bytes) === record.id) return [{ id: record.id, number, log, bytes }];
      this.failures += 1;
      return [];
    });
  }

  /** The changes of the blocks of an own stream from a seq on, wherever they can be read and are what their hashes say. */
  changesFrom(
    { log, stream, tip }: SalvagedStream,
    firstSeq: number,
  ): readonly { readonly seq: number; readonly id: ChangeId; readonly bytes: Uint8Array }[] {
    const { hash, device } = this.#ports;
    const found: { seq: number; id: ChangeId; bytes: Uint8Array }[] = [];
    for (let seq = firstSeq; seq <= tip; seq += 1) {
      const stored = this.look(({ blocks }) => blocks.read(log, stream, seq, 1))?.[0];
      if (stored === undefined || stored.seq !== seq) continue;
      const block = decodeBlock(stored.bytes);
      const opened = block === null ? null : openBlock(this.#ports, block);
      const changes = opened?.hash === stored.hash ? readChanges(opened.expanded) : null;
      for (const bytes of changes ?? []) found.push({ seq, id: changeId(hash, device, log, bytes), bytes });
    }
    return found;
  }

  /** What was to be fetched. */
  pulls(): readonly string[] {
    const items = this.look(({ queue }) => queue.list()) ?? [];
    return items.flatMap(({ task }) => (task.type === "pull" ? [task.what] : []));
  }

  #numbersUpTo(upTo: number): readonly number[] {
    this.failures += 1;
    const last = Math.max(upTo, this.look(({ changes }) => changes.latest(1)[0]?.number) ?? 0);
    return Array.from({ length: last }, (_, index) => index + 1);
  }
}

import type { ChangeId } from "@darksync/core/op-id";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { Vector } from "@darksync/core/vector";
import type { ChangeStore, NewChange } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { isOfHome } from "./home.js";
import type { OutboxRecord } from "./outbox-record.js";

/** What one transaction did that concerns the outbox. */
export class NotedWrites {
  /** Own changes that it made, or took out of a block again. */
  readonly changes: Extract<OutboxRecord, { type: "change" }>[] = [];
  readonly dropped: ChangeId[] = [];
  /** The number of the first change that is new; null: none is. */
  firstNew: number | null = null;
  isHomeChanged = false;
  /** Whether the relay acknowledged own blocks, or lost some that it had acknowledged. */
  acknowledged: "more" | "less" | null = null;
  /** How many changes lie in the own blocks that it acknowledged. */
  acknowledgedCount = 0;

  get isNothing(): boolean {
    return this.changes.length + this.dropped.length === 0 && !this.isHomeChanged;
  }
}

/** The tables of a transaction, which note what concerns the outbox of `device`. */
export function notingTables(tables: ReplicaTables, device: string, noted: () => NotedWrites): ReplicaTables {
  const { meta, changes, durable, blocks } = tables;
  return {
    ...tables,
    meta: {
      get: (key) => meta.get(key),
      set: (key, value) => {
        if (isOfHome(key) && meta.get(key) !== value) noted().isHomeChanged = true;
        meta.set(key, value);
      },
    },
    durable: {
      durable: (log) => durable.durable(log),
      setDurable: (log, vector) => {
        const moved = ownMoves(device, durable.durable(log), vector);
        if (moved.some(({ from, to }) => to < from)) noted().acknowledged = "less";
        else if (moved.length > 0) noted().acknowledged ??= "more";
        for (const { stream, from, to } of moved)
          noted().acknowledgedCount += blocks.countChanges(log, stream, from, to);
        durable.setDurable(log, vector);
      },
      countBeyondDurable: (log) => durable.countBeyondDurable(log),
    },
    changes: overriding(changes, notingChanges(changes, device, noted)),
  };
}

function notingChanges(
  changes: ChangeStore,
  device: string,
  noted: () => NotedWrites,
): Pick<ChangeStore, "add" | "unplace" | "remove"> {
  return {
    add: (change: NewChange) => {
      const number = changes.add(change);
      if (change.bytes !== null && change.device === device) {
        noted().firstNew ??= number;
        noted().changes.push({ type: "change", number, log: change.log, bytes: change.bytes });
      }
      return number;
    },
    unplace: (id, bytes) => {
      changes.unplace(id, bytes);
      const record = changes.get(id);
      if (record?.device === device)
        noted().changes.push({ type: "change", number: record.number, log: record.log, bytes });
    },
    remove: (id) => {
      const origin = changes.origin(id);
      if (origin?.device === device && origin.place === null) noted().dropped.push(id);
      changes.remove(id);
    },
  };
}

/** The own streams whose durable end is another one. */
function ownMoves(
  device: string,
  before: Vector,
  after: Vector,
): readonly { readonly stream: StreamName; readonly from: number; readonly to: number }[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((stream) => deviceOf(stream) === device)
    .map((stream) => ({ stream, from: before.get(stream) ?? 0, to: after.get(stream) ?? 0 }))
    .filter(({ from, to }) => from !== to);
}

/** An object that does what another does, but for some methods. A proxy would take part in each call. */
function overriding<Target extends object>(target: Target, methods: Partial<Target>): Target {
  const all: Record<string, unknown> = {};
  for (let holder: object = target; holder !== Object.prototype; holder = Object.getPrototypeOf(holder))
    for (const name of Object.getOwnPropertyNames(holder)) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value === "function" && !(name in all)) all[name] = value.bind(target);
    }
  return Object.assign(all, methods) as Target;
}

import type { ChangeId } from "@darksync/core/op-id";
import { deviceOf } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import type { ChangeStore, NewChange } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { isOfHome } from "./home.js";

/** An own change that a transaction made, or took out of a block again. */
export interface NotedChange {
  readonly number: number;
  readonly log: LogName;
  readonly bytes: Uint8Array;
}

/** What one transaction did that concerns the outbox. */
export class NotedWrites {
  readonly changes: NotedChange[] = [];
  readonly dropped: ChangeId[] = [];
  /** The number of the first change that is new; null: none is. */
  firstNew: number | null = null;
  isHomeChanged = false;
  /** Whether the relay acknowledged own blocks, or lost some that it had acknowledged. */
  acknowledged: "more" | "less" | null = null;

  get isNothing(): boolean {
    return this.changes.length + this.dropped.length === 0 && !this.isHomeChanged;
  }
}

/** The tables of a transaction, which note what concerns the outbox of `device`. */
export function notingTables(tables: ReplicaTables, device: string, noted: () => NotedWrites): ReplicaTables {
  const { meta, changes, durable } = tables;
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
        const way = direction(device, durable.durable(log), vector);
        if (noted().acknowledged !== "less") noted().acknowledged = way ?? noted().acknowledged;
        durable.setDurable(log, vector);
      },
      countBeyondDurable: (log) => durable.countBeyondDurable(log),
    },
    changes: overriding(changes, notingChanges(changes, device, noted)),
  };
}

function notingChanges(changes: ChangeStore, device: string, noted: () => NotedWrites): Partial<ChangeStore> {
  return {
    add: (change: NewChange) => {
      const number = changes.add(change);
      if (change.bytes !== null && change.device === device) {
        noted().firstNew ??= number;
        noted().changes.push({ number, log: change.log, bytes: change.bytes });
      }
      return number;
    },
    unplace: (id, bytes) => {
      changes.unplace(id, bytes);
      const record = changes.get(id);
      if (record?.device === device) noted().changes.push({ number: record.number, log: record.log, bytes });
    },
    remove: (id) => {
      const origin = changes.origin(id);
      if (origin?.device === device && origin.place === null) noted().dropped.push(id);
      changes.remove(id);
    },
  };
}

function direction(device: string, before: Vector, after: Vector): NotedWrites["acknowledged"] {
  for (const [stream, seq] of before)
    if (deviceOf(stream) === device && (after.get(stream) ?? 0) < seq) return "less";
  for (const [stream, seq] of after)
    if (deviceOf(stream) === device && (before.get(stream) ?? 0) < seq) return "more";
  return null;
}

/** An object that does what another does, but for some methods. */
function overriding<Target extends object>(target: Target, methods: Partial<Target>): Target {
  const bound = new Map<PropertyKey, unknown>(Object.entries(methods));
  return new Proxy(target, {
    get: (_, key) => {
      const known = bound.get(key);
      if (known !== undefined) return known;
      const value: unknown = Reflect.get(target, key);
      const method = typeof value === "function" ? value.bind(target) : value;
      bound.set(key, method);
      return method;
    },
  });
}

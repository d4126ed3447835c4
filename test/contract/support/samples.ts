import type { Assignment, Binding, Register } from "@darksync/core/register";
import type { StoredBlock } from "@darksync/runtime/store/block-store";
import type { NewChange } from "@darksync/runtime/store/change-store";
import type { QueueItem } from "@darksync/runtime/store/queue-store";

/** Hex of 32 bytes, different for each number. */
export function id(number: number): string {
  return number.toString(16).padStart(4, "0").repeat(16);
}

export function streamOf(number: number): string {
  return `${id(number)}.${"0".repeat(15)}${number % 10}`;
}

export function block(seq: number, size = 3, changeCount = 1): StoredBlock {
  return { seq, hash: id(1000 + seq), changeCount, bytes: new Uint8Array(size).fill(seq) };
}

/** A change that waits unsigned, unless told otherwise. */
export function change(number: number, fields: Partial<NewChange> = {}): NewChange {
  return {
    id: id(number),
    device: id(7),
    log: "main/Acme",
    time: { wallMs: 1_700_000_000_000 + number, counter: number },
    receivedAtMs: 1_700_000_000_500,
    isSkewed: false,
    place: null,
    setAside: null,
    bytes: fields.place === undefined || fields.place === null ? new Uint8Array([number, 1]) : null,
    ...fields,
  };
}

export function item(number: number, fields: Partial<QueueItem> = {}): QueueItem {
  return {
    id: id(number),
    task: { type: "push_ops", log: "main/Acme", first: number, last: number % 2 === 0 ? null : number + 1 },
    createdAtMs: 1_700_000_000_000 + number,
    status: "pending",
    retryCount: 0,
    error: null,
    errorClass: null,
    nextTryAtMs: null,
    ...fields,
  };
}

export function nameOf(key: string): Register<"name"> {
  return { type: "name", key };
}

/** Binds a function whose content hash is `id(hash)`. */
export function binds(hash: number, movedFrom: string | null = null): Binding {
  return { type: "definition", kind: "fn", hash: id(hash), movedFrom };
}

/** The assignment that op 0 of change `number` makes. */
export function assigns(
  number: number,
  value: Binding,
  supersedes: readonly string[] = [],
): Assignment<"name"> {
  return { id: `${id(number)}/0`, value, supersedes };
}

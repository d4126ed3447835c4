import { type Change, changeId, currentRules, decodeChange, encodeChange } from "../../src/change.js";
import { contentHash } from "../../src/content-hash.js";
import type { DefinitionKind, DefinitionText } from "../../src/definition.js";
import { Fold } from "../../src/fold.js";
import type { FoldStore } from "../../src/fold-store.js";
import type { Op } from "../../src/op/op.js";
import { type ChangeId, type OpId, opId } from "../../src/op-id.js";
import { foldPorts, sha256 } from "./ports.js";

/** The bytes of a change and where they stand. */
export interface PlacedBytes {
  readonly id: ChangeId;
  readonly device: string;
  readonly log: string;
  readonly bytes: Uint8Array;
}

/** The key of a device, hex, made of one number. */
export function deviceKey(number: number): string {
  return number.toString(16).padStart(2, "0").repeat(32);
}

export function place(device: string, log: string, bytes: Uint8Array): PlacedBytes {
  return { id: changeId(sha256, device, log, bytes), device, log, bytes };
}

/** A change of these ops; the number makes its id its own. */
export function newChange(number: number, ops: readonly Op[]): Change {
  return {
    rules: currentRules,
    nonce: number.toString(16).padStart(12, "0"),
    time: { wallMs: 1_700_000_000_000 + number, counter: 0 },
    ops,
  };
}

/** Why a change is set aside, or null after folding it; `knows` leaves out the kinds of op an older version lacks. */
export function foldBytes(
  fold: Fold,
  { id, device, log, bytes }: PlacedBytes,
  knows: (op: Op) => boolean = () => true,
): string | null {
  const decoded = decodeChange(bytes);
  if (decoded.type !== "change") return decoded.reason;
  if (!decoded.change.ops.every(knows)) return "ops of a kind that is not known";
  return fold.fold({ id, device, log, change: decoded.change });
}

/** Folds all in one batch; the reasons of what was set aside, by log and id. */
export function foldAll(store: FoldStore, changes: readonly PlacedBytes[]): ReadonlyMap<string, string> {
  const setAside = new Map<string, string>();
  const fold = new Fold(store, foldPorts);
  for (const change of changes) {
    const reason = foldBytes(fold, change);
    if (reason !== null) setAside.set(`${change.log} ${change.id}`, reason);
  }
  fold.finish();
  return setAside;
}

/** A definition whose text tells its name apart. */
export function textOf(kind: DefinitionKind, target: string): DefinitionText {
  return { kind, head: kind === "type" ? "type " : "let ", tail: ` = ${target}` };
}

const hashes = new Map<string, string>();

export function targetHash(kind: DefinitionKind, target: string): string {
  const key = `${kind} ${target}`;
  const hash = hashes.get(key) ?? contentHash(sha256, textOf(kind, target));
  hashes.set(key, hash);
  return hash;
}

/** The op that brings a text. */
export function addText({ kind, head, tail }: DefinitionText): Op {
  switch (kind) {
    case "fn":
      return { type: "AddFn", head, tail };
    case "type":
      return { type: "AddType", head, tail };
    case "value":
      return { type: "AddValue", head, tail };
  }
}

/** Makes changes of one op each, numbered, by devices that are numbered too. */
export class Scribe {
  readonly changes: PlacedBytes[] = [];
  readonly #firstNumber: number;

  constructor(firstNumber = 0) {
    this.#firstNumber = firstNumber;
  }

  write(device: number, log: string, ...ops: readonly Op[]): OpId {
    const bytes = encodeChange(newChange(this.#firstNumber + this.changes.length, ops));
    const placed = place(deviceKey(device), log, bytes);
    this.changes.push(placed);
    return opId(placed.id, 0);
  }

  /** `what` is `fn t1` (a kind and a target), or `nothing`. */
  name(device: number, location: string, what: string, supersedes: readonly OpId[] = []): OpId {
    return this.write(device, `main/${location.split(".", 1)[0]}`, nameOp(location, what, supersedes));
  }
}

/** A naming op; `what` is `fn t1` (a kind and a target), or `nothing`. */
export function nameOp(location: string, what: string, supersedes: readonly OpId[] = []): Op {
  if (what === "nothing") return { type: "UnsetName", location, movedTo: null, supersedes };
  const [kind = "", target = ""] = what.split(" ");
  if (kind !== "fn" && kind !== "type" && kind !== "value") throw new Error(`no kind: ${kind}`);
  return { type: "SetName", location, kind, target: targetHash(kind, target), movedFrom: null, supersedes };
}

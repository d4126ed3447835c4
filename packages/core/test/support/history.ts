import fc from "fast-check";
import { encodeChange } from "../../src/change.js";
import type { DefinitionText } from "../../src/definition.js";
import { Fold } from "../../src/fold.js";
import { ownerOf } from "../../src/location.js";
import type { Op } from "../../src/op/op.js";
import { previousOp } from "../../src/op/set-name.js";
import { type OpId, opId } from "../../src/op-id.js";
import type { Register } from "../../src/register.js";
import { type BranchEvent, branchEvents, branchOp } from "./branch-event.js";
import { choicesAt, opsOf, savingOps, settlingOps, withoutTexts } from "./intent.js";
import { MapFoldStore } from "./map-fold-store.js";
import {
  addText,
  deviceKey,
  foldBytes,
  nameOp,
  newChange,
  type PlacedBytes,
  place,
  textOf,
} from "./placed.js";
import { foldPorts } from "./ports.js";

export const people: readonly string[] = ["Ada", "Ben", "Cy", "Dee"];
export const locations: readonly string[] = ["Acme.a", "Acme.M.b", "Acme.c", "Beta.a", "Beta.``odd.name``"];
const kinds = ["fn", "type", "value"] as const;

/** One thing that happens. `who`, `where` and so on are indices into the lists above. */
export type Event =
  | { readonly type: "save"; who: number; where: number; target: number; kind: number; wide: boolean }
  | { readonly type: "edit"; who: number; where: number; line: number; value: number; isTextLate: boolean }
  | { readonly type: "late texts"; who: number }
  | { readonly type: "remove"; who: number; where: number }
  | { readonly type: "rename" | "swap"; who: number; where: number; to: number }
  | { readonly type: "deprecate" | "undeprecate"; who: number; where: number }
  | { readonly type: "resolve"; who: number; where: number; pick: number }
  | { readonly type: "import"; who: number }
  | { readonly type: "layout"; who: number; target: number }
  | { readonly type: "introduce" | "namespace" | BranchEvent; who: number }
  | { readonly type: "sync"; who: number; from: number }
  | { readonly type: "garbage"; who: number; where: number; what: number };

const who = fc.nat(people.length - 1);
const where = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3, 4);
const target = fc.nat(3);
/** The lines of a definition that events edit; neighbours do not merge. */
export const editedLines = 4;

const events: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("save" as const),
      who,
      where,
      target,
      kind: fc.constantFrom(0, 0, 0, 1, 2),
      wide: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("edit" as const),
      who,
      where,
      line: fc.nat(editedLines - 1),
      value: fc.nat(2),
      isTextLate: fc.constantFrom(false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("late texts" as const), who }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("sync" as const), who, from: who }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("remove" as const), who, where }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constantFrom("rename" as const, "rename" as const, "swap" as const),
      who,
      where,
      to: where,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom("deprecate" as const, "undeprecate" as const), who, where }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("resolve" as const), who, where, pick: fc.nat(2) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("import" as const), who }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("layout" as const), who, target }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom("introduce" as const, "namespace" as const), who }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom(...branchEvents), who }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("garbage" as const), who, where, what: fc.nat(9) }),
  },
);

/** Any history of up to `maxEvents` events. */
export function anyHistory(maxEvents: number): fc.Arbitrary<History> {
  return fc.array(events, { maxLength: maxEvents, size: "max" }).map((list) => new History(list));
}

/** One device that keeps what it has made and got, and folds it as it comes. */
class Replica {
  readonly store: MapFoldStore = new MapFoldStore();
  readonly held: Map<string, PlacedBytes> = new Map();

  receive(changes: Iterable<PlacedBytes>): void {
    const fold = new Fold(this.store, foldPorts);
    for (const change of changes) {
      const key = `${change.log} ${change.id}`;
      if (this.held.has(key)) continue;
      this.held.set(key, change);
      foldBytes(fold, change);
    }
    fold.finish();
  }
}

/** Plays events on replicas, and tells in lines what happened. */
export class History {
  readonly lines: string[] = [];
  /** In the order in which they were made. */
  readonly changes: PlacedBytes[] = [];
  readonly replicas: readonly Replica[] = people.map(() => new Replica());
  readonly #names = new Map<OpId, string>();
  /** Texts that were named and not brought yet. */
  readonly #lateTexts: DefinitionText[] = [];

  constructor(list: readonly Event[]) {
    for (const event of list) this.play(event);
  }

  [fc.toStringMethod](): string {
    return `\n${this.lines.map((line) => `      ${line}`).join("\n")}\n`;
  }

  /** Everyone gets all there is. */
  syncAll(): void {
    for (const replica of this.replicas) replica.receive(this.changes);
  }

  play(event: Event): void {
    const person = people[event.who] ?? "";
    switch (event.type) {
      case "sync": {
        this.lines.push(`${person}: gets all that ${people[event.from]} has`);
        this.#replica(event.who).receive(this.#replica(event.from).held.values());
        break;
      }
      case "save":
        this.#save(event);
        break;
      case "edit":
        this.#edit(event);
        break;
      case "late texts":
        if (this.#lateTexts.length > 0)
          this.#append(event.who, "main/Acme", this.#lateTexts.splice(0).map(addText));
        break;
      case "remove": {
        const location = locations[event.where] ?? "";
        const { store } = this.#replica(event.who);
        this.#write(event.who, location, opsOf(store, { type: "remove", location }));
        break;
      }
      case "rename":
        this.#move(event.who, event.where, event.to);
        break;
      case "swap":
        this.#swap(event.who, event.where, event.to);
        break;
      case "deprecate":
      case "undeprecate": {
        const location = locations[event.where] ?? "";
        const supersedes = this.#seenIn(event.who, { type: "deprecation", key: location });
        this.#write(event.who, location, [
          event.type === "deprecate"
            ? { type: "Deprecate", location, message: `says ${person}`, supersedes }
            : { type: "Undeprecate", location, supersedes },
        ]);
        break;
      }
      case "resolve":
        this.#resolve(event.who, event.where, event.pick);
        break;
      case "import": {
        const owners = new Set(locations.map(ownerOf));
        for (const owner of owners) {
          const ops = locations
            .filter((location) => ownerOf(location) === owner)
            .flatMap((location) => [
              addText(textOf("fn", "t0")),
              nameOp(location, "fn t0", this.#seen(event.who, location)),
            ]);
          this.#write(event.who, `${owner}.tree`, ops);
        }
        break;
      }
      case "layout": {
        const path = "acme/a.dark";
        const supersedes = this.#seenIn(event.who, { type: "file", key: path });
        const skeleton = [`// ${event.target}\n`, { location: "Acme.a", column: 0 }];
        this.#write(event.who, "Acme.tree", [{ type: "SetFile", path, skeleton, supersedes }]);
        break;
      }
      case "introduce": {
        const supersedes = this.#seenIn(event.who, { type: "device", key: deviceKey(event.who) });
        this.#append(event.who, "auth", [{ type: "IntroduceDevice", member: person, supersedes }]);
        break;
      }
      case "namespace": {
        const supersedes = this.#seenIn(event.who, { type: "namespace", key: "Acme" });
        this.#append(event.who, "auth", [{ type: "CreateNamespace", owner: "Acme", supersedes }]);
        break;
      }
      case "accept":
      case "reopen":
      case "create branch":
      case "name branch":
      case "set base":
      case "archive branch":
      case "restore branch":
      case "share branch":
      case "merged": {
        const seen = (register: Register) => this.#seenIn(event.who, register);
        const { log, op } = branchOp(event.type, this.changes.length, seen);
        this.#append(event.who, log, [op]);
        break;
      }
      case "garbage":
        this.#garbage(event.who, event.where, event.what);
        break;
    }
  }

  #save(event: Extract<Event, { type: "save" }>): void {
    const location = locations[event.where] ?? "";
    const heads = this.#replica(event.who).store.heads({ type: "name", key: location });
    const supersedes = heads.flatMap((head) => (event.wide ? [head.id, ...head.supersedes] : [head.id]));
    const kind = kinds[event.kind] ?? "fn";
    const name = `t${event.target}`;
    this.#write(event.who, location, [
      addText(textOf(kind, name)),
      nameOp(location, `${kind} ${name}`, supersedes),
    ]);
  }

  /** Changes one line of what is shown; starts a definition where nothing is, or something of another kind. */
  #edit({ who, where, line, value, isTextLate }: Extract<Event, { type: "edit" }>): void {
    const location = locations[where] ?? "";
    const { store } = this.#replica(who);
    const shown = store.views.get(location)?.shown?.value;
    const text = shown?.type === "definition" && shown.kind === "fn" ? store.text(shown.hash) : null;
    const lines = (text?.tail.includes("\n") ? text : startedText).tail.split("\n");
    lines[2 * line + 1] = `  let l${line} = ${value}L`;
    const edited: DefinitionText = { ...startedText, tail: lines.join("\n") };
    const ops = savingOps(store, location, edited);
    if (isTextLate) this.#lateTexts.push(edited);
    this.#write(who, location, isTextLate ? withoutTexts(ops) : ops);
  }

  #move(by: number, fromIndex: number, toIndex: number): void {
    const from = locations[fromIndex] ?? "";
    const to = locations[toIndex] ?? "";
    const { store } = this.#replica(by);
    const isThere = store.views.get(from)?.shown?.value.type === "definition";
    if (from !== to && ownerOf(from) === ownerOf(to) && isThere)
      this.#write(by, from, opsOf(store, { type: "move", from, to }));
  }

  /** Two places change what they hold, over a third one. */
  #swap(by: number, oneIndex: number, otherIndex: number): void {
    const free = locations.findIndex((_, index) => index !== oneIndex && index !== otherIndex && index < 3);
    this.#move(by, oneIndex, free);
    this.#move(by, otherIndex, oneIndex);
    this.#move(by, free, otherIndex);
  }

  #resolve(by: number, whereIndex: number, pick: number): void {
    const location = locations[whereIndex] ?? "";
    const { store } = this.#replica(by);
    const count = choicesAt(store, location);
    if (count > 0) this.#write(by, location, settlingOps(store, location, pick % count));
  }

  #garbage(by: number, whereIndex: number, what: number): void {
    const location = locations[whereIndex] ?? "";
    const other = locations[(whereIndex + 1) % locations.length] ?? "";
    const good = nameOp(location, "fn t1", this.#seen(by, location));
    const log = `main/${ownerOf(location)}`;
    switch (what) {
      case 0:
        this.#deliver(by, log, new Uint8Array([1, 1, this.changes.length]), "malformed bytes");
        break;
      case 1: {
        const bytes = encodeChange(newChange(this.changes.length, [good, good]));
        this.#deliver(by, log, bytes.subarray(0, bytes.length - 3), "a change cut short");
        break;
      }
      case 2:
        this.#deliver(by, log, withUnknownOp(this.changes.length), "an op of an unknown kind");
        break;
      case 3:
        this.#deliver(by, log, new Uint8Array([9, this.changes.length]), "a change of format 9");
        break;
      case 4:
        this.#append(by, log, [good, good]);
        break;
      case 5:
        this.#append(by, "main/Else", [good]);
        break;
      case 6:
        this.#append(by, log, [good, { type: "Deprecate", location: "x", message: "", supersedes: [] }]);
        break;
      case 7:
        this.#append(by, log, [
          nameOp(location, "fn t1", [opId(deviceKey(7), 3), ...this.#seen(by, location)]),
        ]);
        break;
      case 8:
        this.#append(by, log, [nameOp(location, "fn t2", this.#seen(by, other))]);
        break;
      default: {
        const last = this.changes.at(-1);
        if (last === undefined) break;
        this.#deliver(
          Number.parseInt(last.device.slice(0, 2), 16),
          "main/Beta",
          last.bytes,
          "the last bytes",
        );
      }
    }
  }

  #write(by: number, location: string, ops: readonly Op[]): void {
    this.#append(by, `main/${ownerOf(location)}`, ops);
  }

  #append(by: number, log: string, ops: readonly Op[]): void {
    const bytes = encodeChange(newChange(this.changes.length, ops));
    this.#deliver(by, log, bytes, ops.map((op) => this.#describe(op)).join("; "));
  }

  #deliver(by: number, log: string, bytes: Uint8Array, description: string): void {
    const placed = place(deviceKey(by), log, bytes);
    const number = this.changes.push(placed);
    for (let index = 0; index < 16; index += 1)
      this.#names.set(opId(placed.id, index), `#${number}.${index}`);
    this.lines.push(`#${number} ${people[by]}, ${log}: ${description}`);
    this.#replica(by).receive([placed]);
  }

  #describe(op: Op): string {
    const about = "location" in op ? ` ${op.location}` : "";
    const supersedes =
      "supersedes" in op
        ? ` (supersedes ${op.supersedes.map((id) => this.#names.get(id) ?? "unknown").join(" ") || "nothing"})`
        : "";
    if (op.type === "SetName" && op.target === previousOp) return `set${about} to it${supersedes}`;
    if (op.type === "SetName") {
      const name = ["t0", "t1", "t2", "t3"].find(
        (text) => op.target === (nameOp("A.a", `${op.kind} ${text}`) as typeof op).target,
      );
      return `set${about} = ${op.kind} ${name}${supersedes}`;
    }
    if (op.type === "AddFn" || op.type === "AddType" || op.type === "AddValue")
      return `text ${op.tail.replaceAll(/\s+/g, " ")}`;
    if (op.type === "UnsetName" && op.movedTo !== null)
      return `unset${about}, moved to ${op.movedTo}${supersedes}`;
    return `${op.type}${about}${supersedes}`;
  }

  #replica(index: number): Replica {
    const replica = this.replicas[index];
    if (replica === undefined) throw new Error(`no replica ${index}`);
    return replica;
  }

  #seen(by: number, location: string): readonly OpId[] {
    return this.#seenIn(by, { type: "name", key: location });
  }

  #seenIn(by: number, register: Register): readonly OpId[] {
    return this.#replica(by)
      .store.heads(register)
      .map((head) => head.id);
  }
}

const startedText: DefinitionText = {
  kind: "fn",
  head: "let ",
  tail: ` (x: Int64) : Int64 =${Array.from({ length: editedLines }, (_, line) => `\n  let l${line} = 0L\n`).join("")}\n  x`,
};

// A good change whose op is then given a number that no kind has.
function withUnknownOp(number: number): Uint8Array {
  const bytes = encodeChange(newChange(number, [{ type: "AddFn", head: "", tail: "" }]));
  bytes[bytes.length - 4] = 120;
  return bytes;
}

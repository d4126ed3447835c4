import type { Location } from "@darksync/core/location";
import type { Op } from "@darksync/core/op/op";
import { previousOp } from "@darksync/core/op/set-name";
import { type ChangeId, type OpId, opId } from "@darksync/core/op-id";
import { failure, type Result } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { inChanges, type LoggedOps } from "../conflict/in-changes.js";
import { putBackNote } from "../conflict/writers.js";
import { Commit } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { orUndo } from "./all-or-none.js";
import { logOf } from "./naming.js";
import { addOp } from "./namings.js";
import { noteTogether } from "./together.js";
import type { Naming, PutBack, SideAgain } from "./undo-names.js";

/** A conflict that an undo brought back. */
export interface ConflictAgain {
  readonly id: string;
  readonly kind: string;
  readonly location: Location;
}

/** Writes what puts names back, within a transaction of `allOrNone`. */
export class PutBackChanges {
  readonly #tables: ReplicaTables;
  readonly #logs: ReadonlyMap<Location, LogName>;
  readonly #commit: Commit;
  readonly #changes: ChangeId[] = [];
  /** What stands at a location since the first changes. */
  readonly #firsts = new Map<Location, OpId>();

  /** `logs`: where locations were named; what is not in it goes where edits go. */
  constructor(replica: Replica, tables: ReplicaTables, logs: ReadonlyMap<Location, LogName>) {
    this.#tables = tables;
    this.#logs = logs;
    this.#commit = new Commit(replica, tables);
  }

  write(
    putBacks: readonly PutBack[],
    others: readonly LoggedOps[],
  ): { readonly changes: readonly ChangeId[]; readonly conflicts: readonly ConflictAgain[] } {
    const first = this.#together(putBacks).map((namings) => this.#partOf(namings, "first"));
    for (const part of inChanges([...first, ...others])) this.#add(part);
    const sides = putBacks.flatMap(({ sides: again, conflict }) =>
      again.map((side) => this.#sideOf(side, conflict?.id ?? null)),
    );
    for (const round of withoutCollisions(sides)) for (const part of inChanges(round)) this.#add(part);
    this.#commit.finish();
    noteTogether(this.#tables, this.#changes);
    const conflicts = putBacks.flatMap((putBack) => this.#conflictOf(putBack) ?? []);
    return { changes: this.#changes, conflicts };
  }

  #add({ log, ops }: LoggedOps): void {
    const change = orUndo(this.#commit.add(log, ops));
    this.#changes.push(change);
    ops.forEach((op, index) => {
      if (op.type !== "SetName" && op.type !== "UnsetName") return;
      if (!this.#firsts.has(op.location)) this.#firsts.set(op.location, opId(change, index));
    });
  }

  /** What makes a change valid stands in it together: the ends of moves, and what was there before sides. */
  #together(putBacks: readonly PutBack[]): readonly (readonly Naming[])[] {
    const single = putBacks.filter(({ sides }) => sides.length === 0).flatMap(({ first }) => first);
    const moved = single.filter(({ value }) => moveOf(value) !== null);
    return [
      ...putBacks.filter(({ sides }) => sides.length > 0).map(({ first }) => first),
      ...Map.groupBy(moved, ({ location }) => this.#logAt(location)).values(),
      ...single.filter(({ value }) => moveOf(value) === null).map((naming) => [naming]),
    ];
  }

  #logAt(location: Location): LogName {
    return this.#logs.get(location) ?? logOf(this.#tables, location);
  }

  #partOf(namings: readonly Naming[], which: "first" | "side"): LoggedOps {
    const [first] = namings;
    if (first === undefined) throw new Error("nothing to put back");
    return { log: this.#logAt(first.location), ops: namings.flatMap((naming) => this.#opsOf(naming, which)) };
  }

  #sideOf({ namings, first }: SideAgain, conflict: string | null): LoggedOps {
    const { log, ops } = this.#partOf(namings, "side");
    return { log, ops: conflict === null ? ops : [...ops, putBackNote(conflict, first)] };
  }

  #opsOf({ location, value, text = null }: Naming, which: "first" | "side"): readonly Op[] {
    const supersedes = this.#superseded(location, which);
    if (value.type === "nothing")
      return [{ type: "UnsetName", location, movedTo: value.movedTo, supersedes }];
    const { kind, hash, movedFrom } = value;
    if (text === null) return [{ type: "SetName", location, kind, target: hash, movedFrom, supersedes }];
    return [addOp(text), { type: "SetName", location, kind, target: previousOp, movedFrom, supersedes }];
  }

  /** What was put there first, or what is there now; where a side only came from, moves that left it. */
  #superseded(location: Location, which: "first" | "side"): readonly OpId[] {
    const first = this.#firsts.get(location);
    if (first !== undefined) return [first];
    return this.#tables.packages
      .heads({ type: "name", key: location })
      .filter(({ value }) => which === "first" || value.type === "nothing")
      .map(({ id }) => id);
  }

  #conflictOf({ conflict }: PutBack): ConflictAgain | null {
    if (conflict === null) return null;
    const { location, kind } = conflict;
    const again = this.#tables.packages.nameRow(location)?.conflict ?? null;
    // Where the place that a side came from is taken now, it did not come from there again.
    const kinds: readonly string[] = kind === "name-taken" ? [kind, "both-created"] : [kind];
    if (again === null || !kinds.includes(again.kind)) return orUndo(cannotPutBack(location));
    return { id: again.id, kind: again.kind, location };
  }
}

function moveOf(value: Naming["value"]): Location | null {
  return value.type === "definition" ? value.movedFrom : value.movedTo;
}

/** Rounds in which no location is named twice: sides that stand against each other are in different ones. */
function withoutCollisions(parts: readonly LoggedOps[]): readonly (readonly LoggedOps[])[] {
  const rounds: { readonly parts: LoggedOps[]; readonly named: Set<string> }[] = [];
  for (const part of parts) {
    const named = part.ops.flatMap((op) => ("location" in op ? [op.location] : []));
    const free = rounds.find((round) => named.every((location) => !round.named.has(location)));
    const round = free ?? { parts: [], named: new Set<string>() };
    if (free === undefined) rounds.push(round);
    round.parts.push(part);
    for (const location of named) round.named.add(location);
  }
  return rounds.map((round) => round.parts);
}

function cannotPutBack(location: Location): Extract<Result<never>, { ok: false }> {
  return failure(
    "settled-conflict",
    `that change settled the conflict at ${location}, and it cannot be put back as it was`,
    `Look at the texts with \`darklang log ${location}\`, then save the one you want.`,
  );
}

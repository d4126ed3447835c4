import { decodeChange } from "@darksync/core/change";
import type { Conflict } from "@darksync/core/conflict";
import type { Location } from "@darksync/core/location";
import type { Op } from "@darksync/core/op/op";
import { type ChangeId, changeOf, indexOf, type OpId } from "@darksync/core/op-id";
import type { Assignment } from "@darksync/core/register";
import { Authors } from "../read/members.js";
import { ChangeReader } from "../replica/change-bytes.js";
import type { Replica } from "../replica/replica.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { ruleOfNote } from "./rule.js";
import { putBackChoice } from "./writers.js";

/** What was chosen when a conflict was settled that is open again, since a head came which that had not seen (O6). */
export interface EarlierChoice {
  readonly choice: string;
  /** The rule that chose, or empty if a person did. */
  readonly rule: string;
  readonly author: string;
  readonly timeMs: number;
}

/** Finds earlier choices about conflicts. Make one for one reading: many conflicts share a change. */
export class EarlierChoices {
  readonly #tables: ReplicaTables;
  readonly #reader: ChangeReader;
  readonly #authors: Authors;
  readonly #read = new Map<ChangeId, ReadChange | null>();

  constructor({ compression }: Pick<Replica, "compression">, tables: ReplicaTables) {
    this.#tables = tables;
    this.#reader = new ChangeReader(tables, compression);
    this.#authors = new Authors(tables);
  }

  /** The latest choice that a head of the conflict, or what that replaced since they parted, stands for; or null. */
  of(conflict: Conflict): EarlierChoice | null {
    const found = [...this.#settling(conflict)].flatMap((id) => this.#choiceOf(id) ?? []);
    return found.sort((left, right) => right.timeMs - left.timeMs)[0] ?? null;
  }

  /** The namings that may have settled something here. */
  *#settling({ heads, base }: Conflict): Iterable<OpId> {
    const met = new Set<OpId>(base === null ? [] : [base.id]);
    const waiting: { readonly location: Location; readonly naming: Assignment<"name"> }[] = heads.map(
      (head) => ({ location: head.location, naming: head }),
    );
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { location, naming } = next;
      if (met.has(naming.id)) continue;
      met.add(naming.id);
      // Who settles something replaces several heads, of this place or of one that moves link with it.
      if (naming.supersedes.length > 1 || this.#tables.packages.isLinked(location)) yield naming.id;
      for (const id of naming.supersedes) {
        const earlier = this.#tables.packages.assignment({ type: "name", key: location }, id);
        if (earlier !== null) waiting.push({ location, naming: earlier });
      }
    }
  }

  #choiceOf(id: OpId): EarlierChoice | null {
    const change = this.#changeOf(changeOf(id));
    // The note stands behind the ops that settle its conflict.
    const note = change?.ops.slice(indexOf(id)).find((op) => op.type === "Resolve");
    if (change == null || note === undefined || note.choice === putBackChoice) return null;
    const { device, time } = change.record;
    const author = this.#authors.nameOf(device);
    return { choice: note.choice, rule: ruleOfNote(note.rule), author, timeMs: time.wallMs };
  }

  #changeOf(id: ChangeId): ReadChange | null {
    const known = this.#read.get(id);
    if (known !== undefined) return known;
    const record = this.#tables.changes.get(id);
    const decoded = record === null ? null : decodeChange(this.#reader.bytesOf(record));
    const read = record !== null && decoded?.type === "change" ? { record, ops: decoded.change.ops } : null;
    this.#read.set(id, read);
    return read;
  }
}

interface ReadChange {
  readonly record: ChangeRecord;
  readonly ops: readonly Op[];
}

import { changeId, decodeChange } from "@darksync/core/change";
import { contentHash } from "@darksync/core/content-hash";
import { Fold } from "@darksync/core/fold";
import type { Location } from "@darksync/core/location";
import { textOfOp } from "@darksync/core/op/text-of-op";
import type { OpId } from "@darksync/core/op-id";
import { type Assignment, type Register, type RegisterType, registerTypes } from "@darksync/core/register";
import type { Problem } from "@darksync/core/result";
import { evictedSegments } from "../cache/evicted-segments.js";
import { rebuildDependencies } from "../dependency/update.js";
import { Journal } from "../memory/journal.js";
import { MemoryDependencies } from "../memory/memory-dependencies.js";
import { MemoryPackages } from "../memory/memory-packages.js";
import { MemoryTexts } from "../memory/memory-texts.js";
import { ChangeReader } from "../replica/change-bytes.js";
import { foldRecord } from "../replica/refold.js";
import { type ReplicaPorts, refoldWaitsKey } from "../replica/replica.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { DependencyStore } from "../store/dependency-store.js";
import { unlessEvicted } from "../store/evicted-error.js";
import type { NameRow, PackageStore } from "../store/package-store.js";
import type { ReplicaTables } from "../store/store.js";
import { canonical } from "./canonical.js";
import { repairHint } from "./repair-hint.js";

type Ports = Pick<ReplicaPorts, "hash" | "language" | "compression">;

const changesAtOnce = 1000;
const maxOfOneKind = 5;

/**
 * Checks every change and its texts, and whether what is shown is what the changes come to when folded anew. Where part
 * of the history was evicted, what is here of it is checked, and nothing is folded.
 */
export function checkChanges(ports: Ports, tables: ReplicaTables): readonly Problem[] {
  const found = new Map<string, string[]>();
  const add = (code: string, message: string) => found.set(code, [...(found.get(code) ?? []), message]);
  const journal = new Journal();
  const folded = new WatchedPackages(journal, new MemoryTexts(journal, () => 0), () => true);
  const dependencies = new MemoryDependencies(journal);
  const judged = new Set<Location>();
  const isWhole = evictedSegments(tables).length === 0;
  const reader = new ChangeReader(tables, ports.compression);
  journal.write(() => {
    let after = 0;
    for (;;) {
      const records = tables.changes.after(after, changesAtOnce);
      const last = records.at(-1);
      if (last === undefined) break;
      const fold = new Fold(folded, ports);
      for (const record of records) {
        const bytes = unlessEvicted(false, () => reader.bytesOf(record));
        if (bytes !== null) checkChange(ports, tables, fold, record, bytes, add);
      }
      for (const location of fold.finish().judged) judged.add(location);
      after = last.number;
    }
    if (isWhole) rebuildDependencies(ports, { ...tables, packages: folded, dependencies }, judged);
  });
  if (!isWhole) return reported(found);
  for (const message of [
    ...differences(tables.packages, folded),
    ...wrongAssignments(tables.packages, folded),
  ])
    add("fold-differs", message);
  for (const pair of differentKeys(recordsOf(tables.dependencies), recordsOf(dependencies)))
    add("fold-differs", `the dependency of ${pair} is not what the changes come to`);
  return reported(found);
}

function reported(found: ReadonlyMap<string, readonly string[]>): readonly Problem[] {
  return [...found].flatMap(([code, messages]) => problemsOf(code, messages));
}

/** A few problems of one kind; the others are counted. */
function problemsOf(code: string, messages: readonly string[]): readonly Problem[] {
  const rest = messages.length - maxOfOneKind;
  const shown = messages.slice(0, maxOfOneKind);
  return [...shown, ...(rest > 0 ? [`${rest} more like this`] : [])].map((message) => ({
    code,
    message,
    hint: repairHint,
  }));
}

type Report = (code: string, message: string) => void;

function checkChange(
  { hash }: Ports,
  tables: ReplicaTables,
  fold: Fold,
  record: ChangeRecord,
  bytes: Uint8Array,
  report: Report,
): void {
  const name = record.id.slice(0, 12);
  if (changeId(hash, record.device, record.log, bytes) !== record.id)
    report("bad-change", `change ${name} is not what its id says`);
  if (tables.changes.get(record.id)?.number !== record.number)
    report("bad-change", `change ${name} is not found by its id`);
  const reason = foldRecord(fold, record, bytes);
  // What an upgrade taught to read waits until all can be folded anew (R65).
  const isWaiting = reason === null && record.setAside !== null && tables.meta.get(refoldWaitsKey) !== null;
  if (reason !== record.setAside && !isWaiting)
    report(
      "fold-differs",
      `change ${name} ${reason === null ? "should count" : `should not count: ${reason}`}`,
    );
  const decoded = decodeChange(bytes);
  if (decoded.type !== "change") return;
  if (canonical(decoded.change.time) !== canonical(record.time))
    report("bad-change", `the time of change ${name} is not what it says`);
  if (reason !== null || isWaiting) return;
  for (const op of decoded.change.ops) {
    const text = textOfOp(op);
    if (text === null) continue;
    const key = contentHash(hash, text);
    // What was evicted would be read from a change: this one, or another one that brought it first, maybe evicted too.
    if (tables.texts.isEvicted(key)) continue;
    const stored = tables.packages.text(key);
    if (stored === null) report("text-missing", `the text ${key.slice(0, 12)} of change ${name} is missing`);
    else if (contentHash(hash, stored) !== key)
      report("bad-text", `the text ${key.slice(0, 12)} of change ${name} is not what its hash says`);
  }
}

/** In what two stores differ: heads of registers, and what locations show. */
function differences(stored: PackageStore, folded: PackageStore): readonly string[] {
  const found: string[] = [];
  for (const type of registerTypes) {
    found.push(
      ...differentKeys(headsOf(stored, type), headsOf(folded, type)).map((key) => `the ${type} ${key}`),
    );
  }
  found.push(...differentKeys(viewsOf(stored), viewsOf(folded)).map((location) => `what ${location} shows`));
  return found.map((what) => `${what} is not what the changes come to`);
}

function headsOf(packages: PackageStore, type: RegisterType): ReadonlyMap<string, string> {
  return new Map(
    packages.registers(type).map(({ key, heads }) => [key, heads.map(describeAssignment).sort().join(" ")]),
  );
}

function describeAssignment<Type extends RegisterType>({ id, value, supersedes }: Assignment<Type>): string {
  return canonical({ id, value, supersedes: [...supersedes].sort() });
}

/** Remembers what was assigned, heads or not. */
class WatchedPackages extends MemoryPackages {
  readonly assigned: { readonly register: Register; readonly id: OpId }[] = [];

  override addAssignment<Type extends RegisterType>(
    register: Register<Type>,
    assignment: Assignment<Type>,
  ): void {
    this.assigned.push({ register, id: assignment.id });
    super.addAssignment(register, assignment);
  }
}

/** What stands no more, too: merges and an undo go back to it. */
function wrongAssignments(stored: PackageStore, folded: WatchedPackages): readonly string[] {
  return folded.assigned
    .filter(({ register, id }) => {
      const [is, should] = [stored.assignment(register, id), folded.assignment(register, id)];
      return is === null || should === null || describeAssignment(is) !== describeAssignment(should);
    })
    .map(({ register }) => `what a change says of the ${register.type} ${register.key} is kept wrongly`);
}

function viewsOf(packages: PackageStore): ReadonlyMap<string, string> {
  const view = ({ location, shown, isMerged, conflict }: NameRow) => {
    const described = shown === null ? null : describeAssignment(shown);
    const inConflict = conflict === null ? null : { id: conflict.id, kind: conflict.kind };
    const isLinked = packages.isLinked(location);
    return [location, canonical({ described, isMerged, inConflict, isLinked })] as const;
  };
  return new Map(packages.names("", Number.MAX_SAFE_INTEGER).map(view));
}

function recordsOf(dependencies: DependencyStore): ReadonlyMap<string, string> {
  return new Map(
    dependencies
      .records()
      .map(({ definition, user, conflict }) => [`${user} on ${definition}`, conflict ?? ""]),
  );
}

function differentKeys(
  left: ReadonlyMap<string, string>,
  right: ReadonlyMap<string, string>,
): readonly string[] {
  const keys = new Set([...left.keys(), ...right.keys()]);
  return [...keys].filter((key) => left.get(key) !== right.get(key)).sort();
}

import { contentHash } from "@darksync/core/content-hash";
import type { FoundDefinition, Skeleton, SkeletonPiece, SplitFile } from "@darksync/core/language";
import { type Location, nameOf, ownerOf } from "@darksync/core/location";
import { invalidPath } from "@darksync/core/op/set-file";
import { listOwners } from "../read/members.js";
import { Commit, supersededBy } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { FileOwners } from "./file-owners.js";
import { type ImportPart, inChanges, opsOf } from "./import-parts.js";
import { logOfOwner } from "./naming.js";
import { Namings } from "./namings.js";

/** A file to import. */
export interface FileToImport {
  /** Relative, with `/`; the layout is kept under it. */
  readonly path: string;
  readonly text: string;
}

/** Something that import left out, and why. */
export interface Skipped {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly reason: string;
}

/** What an import came to, in definitions. */
export interface Imported {
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly skipped: readonly Skipped[];
  readonly files: number;
}

const filesPerTransaction = 48;

/**
 * Imports files: each file's definitions and layout are one change in the log of each owner (more if they do not
 * fit). `onProgress` hears how many files are done.
 */
export async function importFiles(
  replica: Replica,
  files: readonly FileToImport[],
  onProgress: (filesDone: number) => Promise<void> | void = () => {},
): Promise<Imported> {
  const counts = new ImportCounts();
  const owners = new FileOwners(replica.language);
  const importBatch = async (batch: readonly OwnedSplit[]) => {
    await replica.store.write((tables) => {
      const attempt = counts.begin();
      for (const file of batch) importFile(replica, tables, file, attempt);
    });
    counts.commit();
  };
  const unowned: NamedSplit[] = [];
  for (let start = 0; start < files.length; start += filesPerTransaction) {
    const batch: OwnedSplit[] = [];
    for (const { path, text } of files.slice(start, start + filesPerTransaction)) {
      const split = { path, ...replica.language.splitFile(text) };
      const owner = owners.named(path, split.skeleton);
      if (owner === null) unowned.push(split);
      else batch.push({ ...split, owner });
    }
    await importBatch(batch);
    await onProgress(Math.min(files.length, start + filesPerTransaction) - unowned.length);
  }
  // Their neighbours are all known now; if there are none, the space's first owner takes them in.
  const [firstOwner] = replica.store.read(listOwners);
  await importBatch(
    unowned.map((split) => ({ ...split, owner: owners.near(split.path) ?? firstOwner ?? null })),
  );
  await onProgress(files.length);
  return counts.result();
}

interface NamedSplit extends SplitFile {
  readonly path: string;
}

/** A file with whose its layout is; null if that cannot be told. */
interface OwnedSplit extends NamedSplit {
  readonly owner: string | null;
}

function importFile(replica: Replica, tables: ReplicaTables, file: OwnedSplit, counts: Attempt): void {
  for (const { line, reason } of file.problems) counts.skipped.push({ file: file.path, line, reason });
  const badPath = invalidPath(file.path);
  if (badPath !== null) {
    counts.skipped.push({ file: file.path, line: 1, reason: badPath });
    return;
  }
  const { skeleton, definitions } = withoutSeenBefore(replica, file, counts);
  const parts = new Map<string, ImportPart[]>();
  const addPart = (owner: string, part: ImportPart) => parts.set(owner, [...(parts.get(owner) ?? []), part]);
  for (const definition of definitions) {
    const part = definitionPart(replica, tables, definition);
    if (part === null) counts.unchanged += 1;
    else addPart(ownerOf(definition.location), part);
  }
  const { owner } = file;
  if (owner === null && file.problems.length === 0) {
    const reason = "no module heads the file, so it belongs to nobody";
    counts.skipped.push({ file: file.path, line: 1, reason });
  } else if (owner !== null) {
    const layout = layoutPart(replica, tables, file.path, skeleton);
    if (layout !== null) addPart(owner, layout);
  }
  for (const [name, ofOwner] of parts) commitParts(replica, tables, name, ofOwner, file.path, counts);
  counts.files += 1;
}

/** The ops that one definition needs; null if it is there already. */
function definitionPart(
  replica: Replica,
  tables: ReplicaTables,
  { location, text, line }: FoundDefinition,
): ImportPart | null {
  const hash = contentHash(replica.hash, text);
  const row = tables.packages.nameRow(location);
  const shown = row?.shown?.value;
  const isThere = shown?.type === "definition";
  if (isThere && shown.hash === hash && row?.conflict === null) return null;
  return {
    counter: isThere ? "updated" : "added",
    line,
    ops: new Namings(replica, tables).bind(location, text).ops(),
  };
}

/** A location holds one definition: a later file's second one stays literal text of that file. */
function withoutSeenBefore(
  replica: Replica,
  file: NamedSplit,
  counts: Attempt,
): { readonly skeleton: Skeleton; readonly definitions: readonly FoundDefinition[] } {
  const repeated = new Map<Location, FoundDefinition>();
  for (const definition of file.definitions) {
    const { location, line } = definition;
    const first = counts.fileOf(location);
    if (first === null) {
      counts.remember(location, file.path);
      continue;
    }
    repeated.set(location, definition);
    counts.skipped.push({ file: file.path, line, reason: `${location} is defined in ${first} already` });
  }
  if (repeated.size === 0) return file;
  const literal = (piece: SkeletonPiece): SkeletonPiece => {
    const definition = typeof piece === "string" ? undefined : repeated.get(piece.location);
    if (definition === undefined) return piece;
    return replica.language.printFile([piece], () => ({
      name: nameOf(definition.location),
      text: definition.text,
    }));
  };
  return {
    skeleton: file.skeleton.map(literal),
    definitions: file.definitions.filter(({ location }) => !repeated.has(location)),
  };
}

function layoutPart(
  replica: Replica,
  tables: ReplicaTables,
  path: string,
  skeleton: Skeleton,
): ImportPart | null {
  const heads = tables.packages.heads({ type: "file", key: path });
  const [only] = heads;
  if (heads.length === 1 && JSON.stringify(only?.value.skeleton) === JSON.stringify(skeleton)) return null;
  const supersedes = supersededBy(replica, tables, heads);
  return { counter: null, line: 1, ops: [{ type: "SetFile", path, skeleton, supersedes }] };
}

/** Commits the parts in as few changes as they fit in; a part that is refused takes no other with it. */
function commitParts(
  replica: Replica,
  tables: ReplicaTables,
  owner: string,
  parts: readonly ImportPart[],
  file: string,
  counts: Attempt,
): void {
  const log = logOfOwner(tables, owner);
  const commit = new Commit(replica, tables);
  for (const together of inChanges(parts)) {
    const added = commit.add(log, opsOf(together));
    if (added.ok) {
      for (const part of together) counts.count(part);
      continue;
    }
    for (const part of together) {
      const alone = together.length === 1 ? added : commit.add(log, part.ops);
      if (alone.ok) counts.count(part);
      else counts.skipped.push({ file, line: part.line, reason: alone.problem.message });
    }
  }
  commit.finish();
}

/** Counts of one transaction, which may run more than once. */
interface Attempt {
  added: number;
  updated: number;
  unchanged: number;
  files: number;
  readonly skipped: Skipped[];
  count(part: ImportPart): void;
  fileOf(location: Location): string | null;
  remember(location: Location, file: string): void;
}

class ImportCounts {
  readonly #fileOfLocation = new Map<Location, string>();
  readonly #attempts: Attempt[] = [];
  #current: { attempt: Attempt; locations: Map<Location, string> } | null = null;

  begin(): Attempt {
    const locations = new Map<Location, string>();
    const attempt: Attempt = {
      added: 0,
      updated: 0,
      unchanged: 0,
      files: 0,
      skipped: [],
      count: ({ counter }) => {
        if (counter !== null) attempt[counter] += 1;
      },
      fileOf: (location) => locations.get(location) ?? this.#fileOfLocation.get(location) ?? null,
      remember: (location, file) => locations.set(location, file),
    };
    this.#current = { attempt, locations };
    return attempt;
  }

  commit(): void {
    if (this.#current === null) return;
    this.#attempts.push(this.#current.attempt);
    for (const [location, file] of this.#current.locations) this.#fileOfLocation.set(location, file);
    this.#current = null;
  }

  result(): Imported {
    const sum = (count: "added" | "updated" | "unchanged" | "files") =>
      this.#attempts.reduce((total, attempt) => total + attempt[count], 0);
    return {
      added: sum("added"),
      updated: sum("updated"),
      unchanged: sum("unchanged"),
      files: sum("files"),
      skipped: this.#attempts.flatMap(({ skipped }) => skipped),
    };
  }
}

import { type ContentHash, contentHash } from "@darksync/core/content-hash";
import { type DefinitionKind, type DefinitionText, maxDefinitionBytes } from "@darksync/core/definition";
import { type Location, moduleOf, nameOf } from "@darksync/core/location";
import { type ChangeId, changeOf } from "@darksync/core/op-id";
import { failure, type Result, success } from "@darksync/core/result";
import { Commit } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { allOrNone, orUndo } from "./all-or-none.js";
import { checkPlace, logOf } from "./naming.js";
import { Namings } from "./namings.js";
import type { Replaced } from "./replaced.js";
import { utf8Length } from "./utf8-length.js";

/** What a save came to. */
export interface Saved {
  readonly location: Location;
  readonly kind: DefinitionKind;
  readonly hash: ContentHash;
  /** The change that brought it: this save's, or the earlier one if the text was there already. */
  readonly change: ChangeId;
  readonly isUnchanged: boolean;
}

/**
 * Saves a new version of one definition. Durable when fulfilled. `seen`: what it was to replace when the author
 * started, if that was some time ago; what came since then is not superseded, and stands beside the new version (O6).
 */
export async function save(
  replica: Replica,
  location: string,
  source: string,
  seen: Replaced | null = null,
): Promise<Result<Saved>> {
  const parsed = parseFor(replica, location, source);
  if (!parsed.ok) return parsed;
  return saveDefinition(replica, { location, text: parsed.value, seen });
}

/** Saves a definition that was parsed before. Durable when fulfilled. */
export function saveDefinition(replica: Replica, definition: DefinitionToSave): Promise<Result<Saved>> {
  return replica.store.write((tables) => {
    const commit = new Commit(replica, tables);
    const saved = saveText(replica, tables, commit, definition);
    commit.finish();
    return saved;
  });
}

/** A definition with the location to save it at. */
export interface DefinitionToSave {
  readonly location: Location;
  readonly text: DefinitionText;
  /** What it was to replace when the author started; without it what there is now. */
  readonly seen?: Replaced | null;
}

/** Saves definitions that were parsed before, one change each, in one transaction: all of them or none. */
export function saveAll(
  replica: Replica,
  definitions: readonly DefinitionToSave[],
): Promise<Result<readonly Saved[]>> {
  return allOrNone(replica, (tables) => {
    const saved: Saved[] = [];
    for (const run of withoutRepeats(definitions)) {
      const commit = new Commit(replica, tables);
      for (const definition of run) saved.push(orUndo(saveText(replica, tables, commit, definition)));
      commit.finish();
    }
    return saved;
  });
}

/** Runs of definitions in which no location comes twice: a second save of one has to see the first. */
function withoutRepeats(definitions: readonly DefinitionToSave[]): readonly (readonly DefinitionToSave[])[] {
  const runs: DefinitionToSave[][] = [];
  const locations = new Set<Location>();
  for (const definition of definitions) {
    if (runs.length === 0 || locations.has(definition.location)) {
      runs.push([]);
      locations.clear();
    }
    locations.add(definition.location);
    runs.at(-1)?.push(definition);
  }
  return runs;
}

function saveText(
  replica: Replica,
  tables: ReplicaTables,
  commit: Commit,
  { location, text, seen }: DefinitionToSave,
): Result<Saved> {
  const hash = contentHash(replica.hash, text);
  const { kind } = text;
  const row = tables.packages.nameRow(location);
  const shown = row?.shown;
  const isThere = shown?.value.type === "definition" && shown.value.hash === hash;
  // Where several heads stand it is written: that settles them, or says that their merge is right.
  if (isThere && row?.conflict === null && !row.isMerged) {
    return success({ location, kind, hash, change: changeOf(shown.id), isUnchanged: true });
  }
  const namings = new Namings(replica, tables).bind(location, text, null, seen ?? undefined);
  const added = commit.add(logOf(tables, location), namings.ops());
  return added.ok ? success({ location, kind, hash, change: added.value, isUnchanged: false }) : added;
}

/** The definition in a text that is meant for a location, or what is wrong with it. */
export function parseFor(
  replica: Pick<Replica, "language">,
  location: string,
  source: string,
): Result<DefinitionText> {
  const checked = checkPlace(location);
  if (!checked.ok) return checked;
  if (source.trim() === "")
    return failure("empty-definition", "there is no text to save", "To remove a definition: darklang rm.");
  if (utf8Length(source) > maxDefinitionBytes) return tooLarge;
  const parsed = replica.language.parseDefinition(source);
  if ("reason" in parsed) {
    return failure(
      "bad-definition",
      `line ${parsed.line}: ${parsed.reason}`,
      "The text must be one definition that starts at the left margin. Nothing was saved.",
    );
  }
  if (parsed.name !== nameOf(location)) {
    return failure(
      "name-mismatch",
      `the text defines ${parsed.name}, the location says ${nameOf(location)}`,
      `To rename it: darklang mv ${location} ${moduleOf(location)}.${parsed.name}`,
    );
  }
  return success(parsed.text);
}

const tooLarge = failure(
  "definition-too-large",
  `the definition is larger than ${maxDefinitionBytes / 1024} KiB`,
  "Split it. Nothing was saved.",
);

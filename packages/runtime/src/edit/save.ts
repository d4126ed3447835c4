import { type ContentHash, contentHash } from "@darksync/core/content-hash";
import { type DefinitionKind, type DefinitionText, maxDefinitionBytes } from "@darksync/core/definition";
import { type Location, moduleOf, nameOf } from "@darksync/core/location";
import { type ChangeId, changeOf } from "@darksync/core/op-id";
import type { Assignment } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import { Commit } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { checkPlace, defineOps, logOf } from "./naming.js";
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
 * Saves a new version of one definition. Durable when fulfilled. `seen`: the heads that the author started from, if
 * that was some time ago; what came since then is not superseded, and stands beside the new version (O6).
 */
export async function save(
  replica: Replica,
  location: string,
  source: string,
  seen: readonly Assignment<"name">[] | null = null,
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
  /** The heads that the author started from; without it those of now. */
  readonly seen?: readonly Assignment<"name">[] | null;
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
      for (const definition of run) saved.push(orThrow(saveText(replica, tables, commit, definition)));
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

function allOrNone<Value>(replica: Replica, work: (tables: ReplicaTables) => Value): Promise<Result<Value>> {
  return replica.store
    .write((tables): Result<Value> => success(work(tables)))
    .catch((error: unknown) => {
      if (error instanceof SaveFailed) return error.result;
      throw error;
    });
}

function orThrow<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new SaveFailed(result);
  return result.value;
}

// Thrown so that the store takes back what the transaction wrote.
class SaveFailed extends Error {
  readonly result: Extract<Result<never>, { ok: false }>;

  constructor(result: Extract<Result<never>, { ok: false }>) {
    super(result.problem.message);
    this.result = result;
  }
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
  if (shown?.value.type === "definition" && shown.value.hash === hash && row?.conflict === null) {
    return success({ location, kind, hash, change: changeOf(shown.id), isUnchanged: true });
  }
  const added = commit.add(
    logOf(tables, location),
    defineOps(replica, tables, location, text, seen ?? undefined),
  );
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

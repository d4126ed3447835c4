import { changeOf } from "@darksync/core/op-id";
import { systemRandom } from "@darksync/node/crypto";
import { describe, expect, test } from "vitest";
import type { Intent } from "../../core/test/support/intent.js";
import {
  describeOutcome,
  intentsBefore,
  intentsOf,
  type Pair,
  readPairs,
  type Start,
} from "../../core/test/support/pairs.js";
import { rebaseBranch } from "../src/branch/branch-edit.js";
import { onBranch } from "../src/branch/on-branch.js";
import { resolveConflict } from "../src/conflict/resolve.js";
import { remove } from "../src/edit/remove.js";
import { rename } from "../src/edit/rename.js";
import { newSpaceId } from "../src/relay/relay.js";
import type { Replica } from "../src/replica/replica.js";
import { conflictsOf, merge, must, newBranch, saveSource, sourcesOf } from "./support/branching.js";
import { newReplica } from "./support/team.js";

async function perform(replica: Replica, intents: readonly Intent[]): Promise<void> {
  for (const intent of intents) {
    switch (intent.type) {
      case "save":
        await saveSource(replica, intent.location, intent.source);
        break;
      case "remove":
        must(await remove(replica, intent.location));
        break;
      case "move":
        must(await rename(replica, intent.from, intent.to));
        break;
    }
  }
}

/** What is shown, in the words of core's tables. */
function outcomeOf(replica: Replica): string {
  const kinds = new Map(
    conflictsOf(replica).flatMap(({ kind, locations }) => locations.map((location) => [location, kind])),
  );
  const sources = sourcesOf(replica);
  return describeOutcome((location) => {
    const conflict = kinds.get(location) ?? null;
    return { source: conflict === null ? (sources[location] ?? null) : null, conflict };
  });
}

/** Plays one side on main and the other on a branch that was made before. */
async function play(
  { start, left, right }: Pair,
  isSwapped: boolean,
): Promise<{
  readonly main: Replica;
  readonly branch: Replica;
  readonly id: string;
  readonly ofMain: string;
}> {
  const main = await newReplica("Ada", newSpaceId(systemRandom));
  const { both, each } = intentsBefore(start);
  // So that the base names the owner, who else would follow main.
  await saveSource(main, "Acme.M.other", "let other = 1L");
  await perform(main, both);
  const id = await newBranch(main, "side");
  const branch = onBranch(main, id);
  const sides = [intentsOf(left, start, "x"), intentsOf(right, start, "y")];
  const [onMain = [], onSide = []] = isSwapped ? sides.toReversed() : sides;
  await perform(main, [...each, ...onMain]);
  await perform(branch, [...each, ...onSide]);
  return { main, branch, id, ofMain: outcomeOf(main) };
}

const starts: readonly Start[] = ["one base", "each imported the same tree", "nothing in common"];

describe.each(starts)("O3.11, B1, B2 a side on main, the other on a branch: %s", (start) => {
  const cells = readPairs().filter((pair) => pair.start === start);

  test.each(cells)(
    "$left beside $right: $outcome after a rebase, and so on main after a merge",
    async (pair) => {
      for (const isSwapped of [false, true]) {
        const { main, branch, id, ofMain } = await play(pair, isSwapped);
        must(await rebaseBranch(main, id));
        expect(outcomeOf(branch)).toBe(pair.outcome);
        expect(outcomeOf(main)).toBe(ofMain);
        const tried = await merge(main, id);
        const [conflict] = tried.conflicts;
        if (conflict !== undefined) {
          expect(outcomeOf(main)).toBe(ofMain);
          const prefix = changeOf(conflict.heads.at(-1)?.id ?? "");
          must(await resolveConflict(branch, conflict.id, { type: "head", prefix }));
          expect((await merge(main, id)).conflicts).toEqual([]);
        } else expect(outcomeOf(main)).toBe(pair.outcome);
        expect(conflictsOf(main)).toEqual([]);
        expect(sourcesOf(main)).toEqual(sourcesOf(branch));
        expect(await merge(main, id)).toMatchObject({ merged: [], conflicts: [], changes: [] });
      }
    },
  );
});

import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Choice } from "../src/conflict/decision.js";
import { resolveConflict } from "../src/conflict/resolve.js";
import { memoryReplicaStore } from "../src/memory/replica-store.js";
import type { ReplicaStore } from "../src/store/store.js";
import {
  conflictsOf,
  type Disagreement,
  disagree,
  kinds,
  meet,
  must,
  newPair,
  textsOf,
} from "./support/conflicted.js";
import { testFolder, viewOf } from "./support/team.js";

const stores: Readonly<Record<string, () => ReplicaStore>> = {
  memory: memoryReplicaStore,
  SQLite: () => {
    const store = openReplicaStore(`${testFolder()}/space.db`);
    onTestFinished(() => store.close());
    return store;
  },
};

type Texts = Readonly<Record<string, string>>;

/** What each choice of Ada leaves, by kind of conflict. */
const outcomes: Readonly<Record<Disagreement, Readonly<Record<string, Texts>>>> = {
  "edit-edit": {
    mine: { "Acme.rate": "= 2L" },
    theirs: { "Acme.rate": "= 3L" },
    base: { "Acme.rate": "= 1L" },
    delete: {},
    both: { "Acme.rate": "= 2L", "Acme.rate_2": "= 3L" },
    file: { "Acme.rate": "= 9L" },
  },
  "edit-delete": {
    mine: { "Acme.rate": "= 2L" },
    theirs: {},
    base: { "Acme.rate": "= 1L" },
    delete: {},
    file: { "Acme.rate": "= 9L" },
  },
  "both-created": {
    mine: { "Acme.rate": "= 2L" },
    theirs: { "Acme.rate": "= 3L" },
    delete: {},
    both: { "Acme.rate": "= 2L", "Acme.rate_2": "= 3L" },
    file: { "Acme.rate": "= 9L" },
  },
  "kind-changed": {
    mine: { "Acme.rate": "(x: Int) : Int = x" },
    theirs: { "Acme.rate": "= 3L" },
    base: { "Acme.rate": "= 1L" },
    delete: {},
    both: { "Acme.rate": "(x: Int) : Int = x", "Acme.rate_2": "= 3L" },
    file: { "Acme.rate": "= 9L" },
  },
  "move-move": {
    mine: { "Acme.rateAda": "= 1L" },
    theirs: { "Acme.rateBob": "= 1L" },
    base: { "Acme.rate": "= 1L" },
    delete: {},
    both: { "Acme.rateAda": "= 1L", "Acme.rateBob": "= 1L" },
  },
  "name-taken": {
    mine: { "Acme.rate": "= 1L" },
    theirs: { "Acme.rate": "= 2L" },
    delete: {},
    both: { "Acme.rate": "= 1L", "Acme.rate_2": "= 2L" },
    file: { "Acme.rate": "= 9L" },
  },
};

const everyChoice = ["mine", "theirs", "base", "delete", "both", "file"] as const;

function choiceOf(type: (typeof everyChoice)[number]): Choice {
  return type === "file" ? { type, source: "let rate = 9L\n" } : { type };
}

describe.each(Object.entries(stores))("R16: settling one conflict (%s)", (_name, newStore) => {
  describe.each(kinds)("%s", (kind) => {
    test.each(everyChoice)("%s", async (type) => {
      const pair = await newPair(newStore());
      const conflict = await disagree(pair, kind);
      expect(conflict.kind).toBe(kind);
      const expected = outcomes[kind][type];
      const resolved = await resolveConflict(pair.ada, conflict.id, choiceOf(type));
      if (expected === undefined) {
        expect(resolved).toMatchObject({ ok: false, problem: { code: "unfit-choice" } });
        expect(conflictsOf(pair.ada)).toEqual([conflict]);
        return;
      }
      expect(await must(resolved)).toMatchObject({ changes: [expect.any(String)], choice: type });
      await meet(pair);
      for (const replica of [pair.ada, pair.bob]) {
        expect(conflictsOf(replica)).toEqual([]);
        expect(textsOf(replica)).toEqual(expected);
      }
      expect(viewOf(pair.ada)).toEqual(viewOf(pair.bob));
    });
  });
});

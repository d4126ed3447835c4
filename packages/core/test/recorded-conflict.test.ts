import { expect, test } from "vitest";
import { mainBranch } from "../src/conflict.js";
import { namingSourceOf } from "../src/fold.js";
import { judgeGroup } from "../src/judge.js";
import type { MergePorts } from "../src/merge-heads.js";
import { MapFoldStore } from "./support/map-fold-store.js";
import { addText, foldAll, Scribe, textOf } from "./support/placed.js";
import { foldPorts } from "./support/ports.js";

const at = "Acme.a";

function inConflict(): MapFoldStore {
  const scribe = new Scribe();
  scribe.write(1, "main/Acme", ...["t0", "t1", "t2"].map((target) => addText(textOf("fn", target))));
  const base = scribe.name(1, at, "fn t0");
  scribe.name(1, at, "fn t1", [base]);
  scribe.name(2, at, "fn t2", [base]);
  const store = new MapFoldStore();
  foldAll(store, scribe.changes);
  return store;
}

/** Judges with a record of a conflict of this id; gives the judgement and how many texts were cut into tokens. */
function judgeWithRecord(store: MapFoldStore, id: string | null) {
  let cuts = 0;
  const ports: MergePorts = {
    ...foldPorts,
    language: {
      ...foldPorts.language,
      tokens: (text) => {
        cuts += 1;
        return foldPorts.language.tokens(text);
      },
    },
  };
  const source = { ...namingSourceOf(store), recordedConflict: () => id };
  return { judged: judgeGroup(ports, mainBranch, source, at).names.get(at), cuts };
}

test("O5 a conflict that is on record is judged as ever, and nothing is merged to find it out again", () => {
  const store = inConflict();
  const anew = judgeWithRecord(store, null);
  expect(anew.cuts).toBeGreaterThan(0);
  expect(anew.judged?.conflict).toMatchObject({ kind: "edit-edit" });
  const known = judgeWithRecord(store, anew.judged?.conflict?.id ?? "");
  expect(known.judged).toEqual(anew.judged);
  expect(known.cuts).toBe(0);
});

test("O5 a record of other heads says nothing about these", () => {
  const store = inConflict();
  const { judged, cuts } = judgeWithRecord(store, "00".repeat(32));
  expect(judged?.conflict).toMatchObject({ kind: "edit-edit" });
  expect(cuts).toBeGreaterThan(0);
});

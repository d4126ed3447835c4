import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { namingSourceOf } from "../src/fold.js";
import { linkGroupOf } from "../src/naming-source.js";
import type { Assignment } from "../src/register.js";
import { scatteringAt } from "../src/scattering.js";
import { anyHistory, locations, people } from "./support/history.js";
import { MapFoldStore } from "./support/map-fold-store.js";

const numRuns = 500;

describe("O3 nothing is lost", () => {
  test("O3.12 what nobody superseded is shown, merged, in a conflict, or was gone beyond by somebody", () => {
    fc.assert(
      fc.property(anyHistory(40), (history) => {
        history.syncAll();
        const store = history.replicas[0]?.store ?? new MapFoldStore();
        const kept = new Set<string | undefined>();
        const keep = ({ id, value }: Assignment<"name">) => {
          kept.add(id);
          if (value.type === "definition") kept.add(value.hash);
        };
        for (const { shown } of store.views.values()) {
          if (shown === null) continue;
          keep(shown);
          for (const id of shown.supersedes) kept.add(id);
        }
        for (const { heads } of store.conflicts()) heads.forEach(keep);
        // A `move-move` waits for the conflicts of its places.
        for (const location of store.views.keys())
          for (const id of scatteringAt(namingSourceOf(store), location)?.joined ?? []) kept.add(id);
        for (const location of locations) {
          const heads = store.heads({ type: "name", key: location });
          for (const head of heads) {
            if (head.value.type === "nothing" || kept.has(head.id) || kept.has(head.value.hash)) continue;
            const { hash } = head.value;
            const isBehind = [...store.views.keys()].some((other) => lineageAt(store, other, hash, head.id));
            expect(isBehind, `${location} ${store.text(hash)?.tail}`).toBe(true);
          }
        }
      }),
      { numRuns },
    );
  });
});

/** Whether another naming of a location has this target: what is equal to it may have been gone beyond. */
function lineageAt(store: MapFoldStore, location: string, hash: string, except: string): boolean {
  const found = linkGroupOf(namingSourceOf(store), location)?.get(location)?.assignments.values() ?? [];
  return [...found].some(
    ({ id, value }) => id !== except && value.type === "definition" && value.hash === hash,
  );
}

describe("O6 resolutions, whatever happened", () => {
  const picks = fc.array(fc.record({ who: fc.nat(people.length - 1), pick: fc.nat(4) }), {
    minLength: 1,
    maxLength: 5,
  });

  test("O6.1 a resolution ends its conflict, and settling one after the other ends them all", () => {
    fc.assert(
      fc.property(anyHistory(40), picks, (history, choices) => {
        history.syncAll();
        for (let turn = 0; ; turn += 1) {
          const { who, pick } = choices[turn % choices.length] ?? { who: 0, pick: 0 };
          const store = history.replicas[who]?.store;
          const [conflict] = store?.conflicts() ?? [];
          if (store === undefined || conflict === undefined) break;
          expect(turn, "conflicts that come again and again").toBeLessThan(20);
          const where = locations.indexOf(conflict.location);
          history.play({ type: "resolve", who, where, pick });
          expect(store.conflicts().map(({ id }) => id)).not.toContain(conflict.id);
          history.syncAll();
        }
      }),
      { numRuns },
    );
  });
});

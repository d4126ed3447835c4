import { describe, expect, test } from "vitest";
import { renderDefinition } from "../src/definition.js";
import { nameOf, ownerOf } from "../src/location.js";
import type { Op } from "../src/op/op.js";
import { choicesAt, type Intent, opsOf, settlingOps } from "./support/intent.js";
import { MapFoldStore } from "./support/map-fold-store.js";
import {
  describeOutcome,
  intentsBefore,
  intentsOf,
  type Pair,
  places,
  readPairs,
  sideNames,
  starts,
} from "./support/pairs.js";
import { foldAll, type PlacedBytes, Scribe } from "./support/placed.js";

const pairs = readPairs();

/** A device that keeps a replica. */
class Author {
  readonly store: MapFoldStore = new MapFoldStore();
  readonly #scribe: Scribe;
  readonly #device: number;

  constructor(scribe: Scribe, device: number) {
    this.#scribe = scribe;
    this.#device = device;
  }

  receive(changes: readonly PlacedBytes[]): void {
    foldAll(this.store, changes);
  }

  do(intents: readonly Intent[]): readonly PlacedBytes[] {
    return intents.flatMap((intent) => this.write(opsOf(this.store, intent)));
  }

  write(ops: readonly Op[]): readonly PlacedBytes[] {
    this.#scribe.write(this.#device, `main/${ownerOf(places.A)}`, ...ops);
    const change = this.#scribe.changes.slice(-1);
    this.receive(change);
    return change;
  }
}

interface Played {
  readonly left: Author;
  readonly right: Author;
  readonly before: readonly PlacedBytes[];
  readonly ofLeft: readonly PlacedBytes[];
  readonly ofRight: readonly PlacedBytes[];
}

/** Plays both sides of a pair apart from each other. Another number makes other ids. */
function play({ start, left, right }: Pair, isSwapped: boolean, number: number): Played {
  const scribe = new Scribe(number * 100);
  const { both, each } = intentsBefore(start);
  const before = new Author(scribe, 1).do(both);
  const [first, second] = [new Author(scribe, 2), new Author(scribe, 3)];
  const sides = [
    { author: isSwapped ? second : first, intents: intentsOf(left, start, "x") },
    { author: isSwapped ? first : second, intents: intentsOf(right, start, "y") },
  ];
  const [ofLeft = [], ofRight = []] = sides.map(({ author, intents }) => {
    author.receive(before);
    return author.do([...each, ...intents]);
  });
  return { left: sides[0]?.author ?? first, right: sides[1]?.author ?? second, before, ofLeft, ofRight };
}

function foldInBatches(batches: readonly (readonly PlacedBytes[])[]): MapFoldStore {
  const store = new MapFoldStore();
  for (const batch of batches) foldAll(store, batch);
  return store;
}

/** Folds all there is in the ways it can come, which must give one state. */
function foldAllWays({ before, ofLeft, ofRight }: Played, ...more: readonly PlacedBytes[]): MapFoldStore {
  const all = [...before, ...ofLeft, ...ofRight, ...more];
  const first = foldInBatches([all]);
  const oneByOne = (changes: readonly PlacedBytes[]) => changes.map((change) => [change]);
  const ways = [
    [
      [...before, ...ofLeft],
      [...ofRight, ...more],
    ],
    [
      [...before, ...ofRight],
      [...ofLeft, ...more],
    ],
    [before, [...ofRight, ...ofLeft], more],
    oneByOne(all),
    oneByOne([...before, ...ofRight, ...ofLeft, ...more]),
    oneByOne(all.toReversed()),
    [all.toReversed()],
  ];
  for (const way of ways) expect(foldInBatches(way).state()).toEqual(first.state());
  return first;
}

function outcomeOf(store: MapFoldStore): string {
  return describeOutcome((location) => {
    const view = store.views.get(location);
    const value = view?.shown?.value;
    const text = value?.type === "definition" ? store.text(value.hash) : null;
    return {
      source: text === null ? null : renderDefinition(text, nameOf(location)),
      conflict: view?.conflict?.kind ?? null,
    };
  });
}

test("O3.11 the tables have every pair", () => {
  const count = sideNames.length;
  expect(pairs).toHaveLength((starts.length * count * (count + 1)) / 2);
});

describe.each(starts)("O3.11 %s", (start) => {
  const cells = pairs.filter((pair) => pair.start === start);

  test.each(cells)("O3.11 $left beside $right: $outcome", (pair) => {
    for (const number of [0, 1, 2]) {
      for (const isSwapped of [false, true]) {
        const played = play(pair, isSwapped, number);
        const store = foldAllWays(played);
        expect(outcomeOf(store)).toBe(pair.outcome);
        played.left.receive(played.ofRight);
        played.right.receive([...played.ofLeft, ...played.before]);
        expect(played.left.store.state()).toEqual(store.state());
        expect(played.right.store.state()).toEqual(store.state());
      }
    }
  });

  const conflicts = cells.filter(({ outcome }) => outcome.includes("-"));
  test.each(conflicts)("O6.1 $left beside $right: whatever is chosen settles $outcome", (pair) => {
    const location = Object.values(places).find((place) =>
      foldAllWays(play(pair, false, 0)).conflictAt(place),
    );
    if (location === undefined) throw new Error("no conflict");
    const count = choicesAt(foldAllWays(play(pair, false, 0)), location);
    expect(count).toBeGreaterThan(1);
    for (let choice = 0; choice < count; choice += 1) {
      const played = play(pair, choice % 2 === 1, 0);
      played.left.receive(played.ofRight);
      const conflict = played.left.store.conflictAt(location);
      const settled = played.left.write(settlingOps(played.left.store, location, choice));
      const store = foldAllWays(played, ...settled);
      expect(store.conflicts()).toEqual([]);
      const chosen = conflict?.kind === "move-move" ? conflict.locations[choice] : location;
      const shown = Object.values(places).filter(
        (place) => store.views.get(place)?.shown?.value.type === "definition",
      );
      if (chosen === undefined) expect(shown).toEqual(conflict?.locations);
      else if (conflict?.kind === "move-move") expect(shown).toEqual([chosen]);
      else {
        const value = conflict?.heads[choice]?.value;
        expect(store.views.get(location)?.shown?.value).toMatchObject(
          value?.type === "definition" ? { hash: value.hash } : { type: "nothing" },
        );
      }
    }
  });
});

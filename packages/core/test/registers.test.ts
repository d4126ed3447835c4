import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deprecationOf, greatest } from "../src/deprecation.js";
import type { OpId } from "../src/op-id.js";
import type { Assignment, RegisterType } from "../src/register.js";
import { MapFoldStore } from "./support/map-fold-store.js";
import { deviceKey, foldAll, Scribe } from "./support/placed.js";

function headsOf<Type extends RegisterType>(
  scribe: Scribe,
  type: Type,
  key: string,
): readonly Assignment<Type>[] {
  const store = new MapFoldStore();
  foldAll(store, scribe.changes);
  return store.heads({ type, key });
}

function deprecate(scribe: Scribe, who: number, message: string, supersedes: readonly OpId[] = []): OpId {
  return scribe.write(who, "main/Acme", { type: "Deprecate", location: "Acme.a", message, supersedes });
}

function undeprecate(scribe: Scribe, who: number, supersedes: readonly OpId[] = []): OpId {
  return scribe.write(who, "main/Acme", { type: "Undeprecate", location: "Acme.a", supersedes });
}

describe("O1.4 deprecation", () => {
  const now = (scribe: Scribe) => deprecationOf(headsOf(scribe, "deprecation", "Acme.a"));

  test("O1.4 it lasts until an op that saw it takes it back", () => {
    const scribe = new Scribe();
    expect(now(scribe)).toBeNull();
    const first = deprecate(scribe, 1, "use b");
    expect(now(scribe)).toEqual({ message: "use b" });
    undeprecate(scribe, 2, [first]);
    expect(now(scribe)).toBeNull();
  });

  test("O1.4 beside a concurrent Undeprecate it wins, whichever id is greater", () => {
    let greater = 0;
    for (let number = 0; number < 20; number += 1) {
      const scribe = new Scribe();
      const first = deprecate(scribe, 1, `because ${number}`);
      const kept = deprecate(scribe, 1, "still", [first]);
      if (undeprecate(scribe, 2, [first]) > kept) greater += 1;
      expect(now(scribe)).toEqual({ message: "still" });
    }
    expect(greater).toBeGreaterThan(0);
    expect(greater).toBeLessThan(20);
  });

  test("O1.4 of several messages the one of the greatest op id is shown", () => {
    const scribe = new Scribe();
    const ids = ["one", "two", "three"].map((message, who) => ({
      message,
      id: deprecate(scribe, who, message),
    }));
    const last = ids.reduce((best, next) => (next.id > best.id ? next : best));
    expect(now(scribe)).toEqual({ message: last.message });
  });
});

test("O1.5 a file's layout: concurrent ones are that of the greatest op id", () => {
  const scribe = new Scribe();
  const layout = (who: number, text: string) => ({
    text,
    id: scribe.write(who, "main/Acme", {
      type: "SetFile",
      path: "acme.dark",
      skeleton: [text],
      supersedes: [],
    }),
  });
  const last = [layout(1, "one"), layout(2, "two"), layout(3, "three")].reduce((best, next) =>
    next.id > best.id ? next : best,
  );
  expect(greatest(headsOf(scribe, "file", "acme.dark"))?.value).toEqual({ skeleton: [last.text] });
});

test("O1.6 a device: only it speaks for itself, and its last word by op id stands if it contradicts itself", () => {
  const scribe = new Scribe();
  const ada = scribe.write(1, "auth", { type: "IntroduceDevice", member: "Ada", supersedes: [] });
  scribe.write(2, "auth", { type: "IntroduceDevice", member: "Ada", supersedes: [ada] });
  expect(headsOf(scribe, "device", deviceKey(1)).map(({ id }) => id)).toEqual([ada]);
  const again = scribe.write(1, "auth", { type: "IntroduceDevice", member: "Ada L", supersedes: [] });
  const expected = again > ada ? "Ada L" : "Ada";
  expect(greatest(headsOf(scribe, "device", deviceKey(1)))?.value).toEqual({ member: expected });
});

test("O1.7 a namespace: made by two at once, it is listed once, by the op of the greatest id", () => {
  const scribe = new Scribe();
  const made = [1, 2].map((who) => ({
    who,
    id: scribe.write(who, "auth", { type: "CreateNamespace", owner: "Acme", supersedes: [] }),
  }));
  const last = made.reduce((best, next) => (next.id > best.id ? next : best));
  expect(greatest(headsOf(scribe, "namespace", "Acme"))?.value).toEqual({ createdBy: deviceKey(last.who) });
});

test("O1.8 which value stands does not depend on the order of the heads", () => {
  const heads = fc.uniqueArray(
    fc.record({
      id: fc.string(),
      value: fc.option(fc.record({ message: fc.string() })),
      supersedes: fc.constant([]),
    }),
    { selector: (head) => head.id },
  );
  fc.assert(
    fc.property(heads, (list) => {
      const backwards = [...list].reverse();
      expect(greatest(backwards)).toEqual(greatest(list));
      expect(deprecationOf(backwards)).toEqual(deprecationOf(list));
    }),
    { numRuns: 1000 },
  );
});

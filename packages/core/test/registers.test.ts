import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAccepted } from "../src/acceptance.js";
import { type BranchAccess, branchAccesses } from "../src/branch.js";
import { isArchived, sharedAccess } from "../src/branch-state.js";
import { deprecationOf, greatest } from "../src/deprecation.js";
import { problemOf } from "../src/fold.js";
import type { Op } from "../src/op/op.js";
import type { OpId } from "../src/op-id.js";
import { type Assignment, branchedKey, type RegisterType } from "../src/register.js";
import { MapFoldStore } from "./support/map-fold-store.js";
import { deviceKey, foldAll, newChange, Scribe } from "./support/placed.js";

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

/** Every way in which two ops can be ordered by their ids is tried: the rule must not be "the greatest id". */
function inEitherOrder(check: (scribe: Scribe, salt: string) => boolean): void {
  const isFirstGreater = Array.from({ length: 20 }, (_, number) => check(new Scribe(), `${number}`));
  expect(new Set(isFirstGreater).size).toBe(2);
}

const branch = "0b".repeat(16);
const conflict = "cc".repeat(32);

describe("O1.10 accepted conflicts", () => {
  const now = (scribe: Scribe) => isAccepted(headsOf(scribe, "acceptance", conflict));
  const write = (scribe: Scribe, who: number, type: "Accept" | "Reopen", supersedes: readonly OpId[] = []) =>
    scribe.write(who, "main/Acme", { type, conflict, supersedes });

  test("O1.10 it is open at first, accepted until an op that saw it reopens it", () => {
    const scribe = new Scribe();
    expect(now(scribe)).toBe(false);
    const first = write(scribe, 1, "Accept");
    expect(now(scribe)).toBe(true);
    write(scribe, 2, "Accept");
    expect(now(scribe)).toBe(true);
    write(scribe, 3, "Reopen", [first]);
    expect(now(scribe)).toBe(false);
  });

  test("O1.10 beside a concurrent Accept a Reopen stands, whichever id is greater", () => {
    inEitherOrder((scribe, salt) => {
      const base = scribe.write(Number(salt), "main/Acme", { type: "Accept", conflict, supersedes: [] });
      const kept = write(scribe, 1, "Accept", [base]);
      const reopened = write(scribe, 2, "Reopen", [base]);
      expect(now(scribe)).toBe(false);
      return kept > reopened;
    });
  });
});

describe("O1.11 branches", () => {
  const log = `branch/${branch}`;

  test("O1.11 who made it and of what: of two the greatest op id", () => {
    const scribe = new Scribe();
    const parents = [null, "0c".repeat(16), "0d".repeat(16)];
    const made = parents.map((parent, who) => ({
      value: { createdBy: deviceKey(who), parent },
      id: scribe.write(who, log, { type: "CreateBranch", parent }),
    }));
    const last = made.reduce((best, next) => (next.id > best.id ? next : best));
    expect(headsOf(scribe, "branch", branch)).toHaveLength(3);
    expect(greatest(headsOf(scribe, "branch", branch))?.value).toEqual(last.value);
    expect(headsOf(scribe, "branch", "0c".repeat(16))).toEqual([]);
  });

  test("O1.12 its name: the later one, of concurrent ones that of the greatest op id", () => {
    const scribe = new Scribe();
    const name = (who: number, text: string, supersedes: readonly OpId[]) => ({
      text,
      id: scribe.write(who, log, { type: "NameBranch", name: text, supersedes }),
    });
    const first = name(1, "a", []);
    const others = [name(2, "b", [first.id]), name(3, "c", [first.id])];
    const last = others.reduce((best, next) => (next.id > best.id ? next : best));
    expect(greatest(headsOf(scribe, "branchName", branch))?.value).toEqual({ name: last.text });
  });

  test("O1.13 concurrent bases are both heads, with who set them and when; a later one takes their place", () => {
    const scribe = new Scribe();
    const stream = `${deviceKey(1)}.${"00".repeat(8)}`;
    const logs = (seq: number) => new Map([["main/Acme", new Map([[stream, seq]])]]);
    const set = (who: number, seq: number, supersedes: readonly OpId[]) =>
      scribe.write(who, log, { type: "SetBase", logs: logs(seq), supersedes });
    const first = set(1, 1, []);
    const concurrent = [set(2, 5, [first]), set(3, 3, [first])];
    const bases = () => headsOf(scribe, "branchBase", branch).map(({ value }) => value);
    expect(new Set(bases())).toEqual(
      new Set([
        { device: deviceKey(2), time: newChange(1, []).time, logs: logs(5) },
        { device: deviceKey(3), time: newChange(2, []).time, logs: logs(3) },
      ]),
    );
    set(1, 4, concurrent);
    expect(bases()).toEqual([{ device: deviceKey(1), time: newChange(3, []).time, logs: logs(4) }]);
  });

  test("O1.14 archived until restored; beside a concurrent RestoreBranch it is not, whichever id is greater", () => {
    inEitherOrder((scribe, salt) => {
      const now = () => isArchived(headsOf(scribe, "branchArchived", branch));
      const write = (who: number, type: "ArchiveBranch" | "RestoreBranch", supersedes: readonly OpId[]) =>
        scribe.write(who, log, { type, supersedes });
      expect(now()).toBe(false);
      const first = write(Number(salt), "ArchiveBranch", []);
      expect(now()).toBe(true);
      const again = write(1, "ArchiveBranch", [first]);
      expect(now()).toBe(true);
      const restored = write(2, "RestoreBranch", [first]);
      expect(now()).toBe(false);
      return again > restored;
    });
  });

  test("O1.15 shared with each member apart; of concurrent ones the least access counts", () => {
    inEitherOrder((scribe, salt) => {
      const now = (member: string) =>
        sharedAccess(headsOf(scribe, "branchShare", branchedKey(branch, member)));
      const share = (who: number, access: BranchAccess, supersedes: readonly OpId[]) =>
        scribe.write(who, log, { type: "ShareBranch", member: "Ben", access, supersedes });
      expect(now("Ben")).toBe("none");
      const first = share(Number(salt), "write", []);
      expect([now("Ben"), now("Cy")]).toEqual(["write", "none"]);
      const reads = share(1, "read", [first]);
      const writes = share(2, "write", [first]);
      expect(now("Ben")).toBe("read");
      share(3, "none", [first]);
      expect(now("Ben")).toBe("none");
      return reads > writes;
    });
  });

  test("O1.16 merges add up: each says into which log, and covers what it named of the branch", () => {
    const scribe = new Scribe();
    const stream = `${deviceKey(1)}.${"00".repeat(8)}`;
    const merge = (who: number, into: string, seq: number) =>
      scribe.write(who, into, { type: "Merged", branch, vector: new Map([[stream, seq]]), request: "" });
    merge(1, "main/Acme", 2);
    merge(1, "main/Beta", 2);
    merge(2, "main/Acme", 1);
    const coverage = (who: number, number: number, seq: number) => ({
      device: deviceKey(who),
      time: newChange(number, []).time,
      logs: new Map([[log, new Map([[stream, seq]])]]),
    });
    expect(new Set(headsOf(scribe, "merge", branch).map(({ value }) => value))).toEqual(
      new Set([
        { into: "main/Acme", coverage: coverage(1, 0, 2) },
        { into: "main/Beta", coverage: coverage(1, 1, 2) },
        { into: "main/Acme", coverage: coverage(2, 2, 1) },
      ]),
    );
  });
});

describe("O7.3 one change sets a register of a branch once", () => {
  const share = (member: string): Op => ({ type: "ShareBranch", member, access: "read", supersedes: [] });
  const merged = (of: string): Op => ({ type: "Merged", branch: of, vector: new Map(), request: "" });
  const problem = (...ops: readonly Op[]) =>
    problemOf({ log: `branch/${branch}`, change: newChange(1, ops) });
  const others = ["0c", "0d"].map((digits) => digits.repeat(16)) as [string, string];
  const twice: readonly (readonly [Op, Op])[] = [
    [
      { type: "Accept", conflict, supersedes: [] },
      { type: "Reopen", conflict, supersedes: [] },
    ],
    [
      { type: "ArchiveBranch", supersedes: [] },
      { type: "RestoreBranch", supersedes: [] },
    ],
    [
      { type: "CreateBranch", parent: null },
      { type: "CreateBranch", parent: others[0] },
    ],
    [
      { type: "NameBranch", name: "a", supersedes: [] },
      { type: "NameBranch", name: "b", supersedes: [] },
    ],
    [
      { type: "SetBase", logs: new Map(), supersedes: [] },
      { type: "SetBase", logs: new Map(), supersedes: [] },
    ],
    [share("Ben"), share("Ben")],
    [merged(others[0]), merged(others[0])],
  ];

  test.each(twice.map(([first, second]) => [first.type, second.type, first, second] as const))(
    "O7.3 not %s and %s",
    (_first, _second, first, second) => {
      expect(problem(first, second)).toMatch(/two ops of one change/);
      expect([problem(first), problem(second)]).toEqual([null, null]);
    },
  );

  test("O7.3 all of them at once, and what is about others, it may", () => {
    const everything = twice.map(([first]) => first);
    expect(problem(...everything, share("Cy"), merged(others[1]))).toBeNull();
  });
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
  const values = fc.record({
    isAccepted: fc.boolean(),
    isArchived: fc.boolean(),
    access: fc.constantFrom(...branchAccesses),
  });
  fc.assert(
    fc.property(fc.array(values), (list) => {
      const forwards = list.map((value, index) => ({ id: `${index}`, value, supersedes: [] }));
      const backwards = [...forwards].reverse();
      expect(isAccepted(backwards)).toBe(isAccepted(forwards));
      expect(isArchived(backwards)).toBe(isArchived(forwards));
      expect(sharedAccess(backwards)).toBe(sharedAccess(forwards));
    }),
    { numRuns: 1000 },
  );
});

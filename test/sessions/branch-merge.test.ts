import { expect, test } from "vitest";
import type { RelayProcess } from "../support/relay.js";
import { sourcesOf } from "../support/sources.js";
import { Teammate, testFolder, testRelay } from "../support/team.js";

/** Ada and Bob in one space with `Acme.a` and `Acme.b`; nothing is synced but by hand. */
async function newTeam(): Promise<{ relay: RelayProcess; ada: Teammate; bob: Teammate; folder: string }> {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const [ada, bob] = [new Teammate("Ada", folder), new Teammate("Bob", folder)];
  await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  await ada.saveValue("Acme.b", 1);
  await ada.do("sync", "--relay", relay.url);
  await bob.join(relay.url);
  for (const mate of [ada, bob]) await mate.do("sync", "--strategy", "lazy");
  return { relay, ada, bob, folder };
}

/** Ada alone, with no relay. */
async function newAda(): Promise<{ ada: Teammate; folder: string }> {
  const folder = testFolder();
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  await ada.saveValue("Acme.b", 1);
  return { ada, folder };
}

async function sync(...mates: readonly Teammate[]): Promise<void> {
  for (const mate of mates) await mate.sync();
}

async function stateOf(mate: Teammate, name: string): Promise<Record<string, unknown>> {
  const { branches } = await mate.do("branch");
  return (branches as Record<string, unknown>[]).find((branch) => branch.name === name) ?? {};
}

test("a merge made offline reaches the others with the next sync, and the branch itself stays hidden", async () => {
  const { ada, bob } = await newTeam();
  await ada.do("offline", "on");
  await ada.do("branch", "create", "fix", "--switch");
  await ada.saveValue("Acme.a", 2);
  await ada.saveValue("Acme.c", 1);
  await ada.do("rm", "Acme.b");
  expect(await ada.do("merge", "--dry-run")).toMatchObject({
    merged: 3,
    conflicts: 0,
    into: "main",
    changes: [],
    locations: ["Acme.a", "Acme.b", "Acme.c"],
  });
  expect(await sourcesOf(ada, "--branch", "main")).toEqual({
    "Acme.a": "let a = 1L",
    "Acme.b": "let b = 1L",
  });
  const merged = await ada.do("merge");
  expect(merged).toMatchObject({ merged: 3, conflicts: 0, into: "main", branch: "fix" });
  expect(merged.changes).toHaveLength(1);
  const after = { "Acme.a": "let a = 2L", "Acme.c": "let c = 1L" };
  expect(await sourcesOf(ada, "--branch", "main")).toEqual(after);
  expect(await stateOf(ada, "fix")).toMatchObject({ merged: "wholly", differing: 0, late: 0 });
  expect(await ada.do("merge")).toMatchObject({ merged: 0, conflicts: 0, changes: [] });

  await ada.do("offline", "off");
  await sync(ada, bob);
  expect(await sourcesOf(bob)).toEqual(after);
  expect((await bob.do("branch")).branches).toHaveLength(1);
  expect((await bob.try("--json", "branch", "switch", "fix")).json.error).toMatchObject({
    code: "unknown-branch",
  });
  expect((await ada.fields()).pending).toBe(0);
});

test("a merge with conflicts writes nothing to main; settled on the branch, offline, it is finished", async () => {
  const { ada, bob } = await newTeam();
  await ada.do("branch", "create", "fix", "--switch");
  await ada.saveValue("Acme.a", 2);
  await ada.saveValue("Acme.b", 2);
  await bob.saveValue("Acme.a", 3);
  await sync(bob, ada);
  const dry = await ada.do("merge", "--dry-run");
  expect(dry).toMatchObject({ merged: 0, conflicts: 1, locations: ["Acme.a"] });
  expect((await ada.do("conflicts")).conflicts).toEqual([]);
  const toBring = "To have it on fix: darklang rebase";
  expect((await ada.try("merge", "--dry-run")).stdout).toContain(toBring);
  const tried = await ada.try("merge");
  expect(tried.code).toBe(0);
  expect(tried.stdout).toContain("Not merged yet");
  expect(tried.stdout).toContain("darklang conflicts resolve");
  const { pending } = await ada.fields();
  await ada.do("merge");
  expect((await ada.fields()).pending).toBe(pending);
  expect((await ada.try("merge", "--dry-run")).stdout).not.toContain(toBring);
  expect((await sourcesOf(ada, "--branch", "main"))["Acme.b"]).toBe("let b = 1L");
  const conflicts = (await ada.do("conflicts")).conflicts as { id: string; kind: string }[];
  expect(conflicts).toMatchObject([{ kind: "edit-edit" }]);
  expect(await ada.do("status")).toMatchObject({ conflicts: 1, sync: { conflicts: 1 } });
  expect(await ada.do("--branch", "main", "status")).toMatchObject({ conflicts: 0 });

  await ada.do("offline", "on");
  await ada.do("conflicts", "resolve", String(conflicts[0]?.id), "--mine");
  expect(await ada.do("merge")).toMatchObject({ merged: 2, conflicts: 0 });
  await ada.do("offline", "off");
  await sync(ada, bob);
  expect(await sourcesOf(bob)).toEqual({ "Acme.a": "let a = 2L", "Acme.b": "let b = 2L" });
  expect((await bob.do("conflicts")).conflicts).toEqual([]);
});

test("a branch of a branch goes into that one, and with it into main", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "parent", "--switch");
  await ada.saveValue("Acme.a", 2);
  await ada.do("branch", "create", "child", "--switch");
  await ada.saveValue("Acme.a", 3);
  await ada.saveValue("Acme.c", 3);
  expect(await ada.do("merge", "--dry-run")).toMatchObject({ merged: 2, into: "parent" });
  expect(await ada.do("merge")).toMatchObject({ merged: 2, into: "parent" });
  const after = { "Acme.a": "let a = 3L", "Acme.b": "let b = 1L", "Acme.c": "let c = 3L" };
  expect(await sourcesOf(ada, "--branch", "parent")).toEqual(after);
  expect((await sourcesOf(ada, "--branch", "main"))["Acme.a"]).toBe("let a = 1L");
  expect(await ada.do("--branch", "parent", "merge")).toMatchObject({ merged: 2, into: "main" });
  expect(await sourcesOf(ada, "--branch", "main")).toEqual(after);
});

test("what comes to a branch after its merge is told, on main too, and merged again", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "fix", "--switch");
  await ada.saveValue("Acme.a", 2);
  await ada.do("merge");
  await ada.saveValue("Acme.a", 3);
  await ada.saveValue("Acme.b", 3);
  expect(await stateOf(ada, "fix")).toMatchObject({ merged: "wholly", late: 2, differing: 2 });
  const told = "2 changes came after the merge: darklang merge";
  expect((await ada.try("status")).stdout).toContain(told);
  expect((await ada.try("branch")).stderr).toContain(told);
  await ada.do("branch", "switch", "main");
  const elsewhere = "2 changes came after the merge of fix: darklang --branch fix merge";
  expect((await ada.try("status")).stdout).toContain(elsewhere);
  expect((await ada.do("status")).late).toEqual([{ branch: "fix", changes: 2 }]);
  await ada.do("branch", "archive", "fix");
  expect((await ada.try("branch", "list", "--all")).stderr).toContain(
    "fix: 2 changes came after the merge: darklang branch restore fix",
  );
  await ada.do("branch", "restore", "fix");
  expect(await ada.do("--branch", "fix", "merge")).toMatchObject({ merged: 2, conflicts: 0 });
  expect(await stateOf(ada, "fix")).toMatchObject({ merged: "wholly", late: 0, differing: 0 });
  expect((await ada.do("status")).late).toEqual([]);
  expect(await sourcesOf(ada)).toEqual({ "Acme.a": "let a = 3L", "Acme.b": "let b = 3L" });
});

test("rebase brings main's edits in; what does not go together is a conflict on the branch alone", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "fix", "--switch");
  await ada.saveValue("Acme.a", 2);
  expect(await ada.do("rebase")).toMatchObject({ changes: 0, conflicts: 0 });
  const main = ["--branch", "main"];
  await ada.do("branch", "switch", "main");
  await ada.saveValue("Acme.a", 3);
  await ada.saveValue("Acme.b", 3);
  const switched = await ada.try("branch", "switch", "fix");
  expect(switched.stdout).toContain("2 changes came to main since");
  expect((await sourcesOf(ada))["Acme.b"]).toBe("let b = 1L");
  expect(await ada.do("rebase")).toMatchObject({ changes: 2, conflicts: 1, locations: ["Acme.a"] });
  const rebased = await sourcesOf(ada);
  expect(rebased["Acme.b"]).toBe("let b = 3L");
  expect(rebased["Acme.a"]).toMatch(/^! /);
  expect(await sourcesOf(ada, ...main)).toEqual({ "Acme.a": "let a = 3L", "Acme.b": "let b = 3L" });
  expect(await ada.do("rebase")).toMatchObject({ changes: 0 });
});

test("what is in conflict on a branch is no difference of a branch of it", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "parent", "--switch");
  await ada.saveValue("Acme.a", 2);
  await ada.do("branch", "create", "child");
  await ada.do("branch", "switch", "main");
  await ada.saveValue("Acme.a", 3);
  expect(await ada.do("--branch", "parent", "rebase")).toMatchObject({ conflicts: 1 });
  expect(await stateOf(ada, "parent")).toMatchObject({ differing: 1, conflicts: 1 });
  expect(await stateOf(ada, "child")).toMatchObject({ differing: 0, into: "parent" });
  expect(await ada.do("--branch", "child", "merge")).toMatchObject({ merged: 0, conflicts: 0 });
});

test("diff on a branch shows what a merge would change, where main changed since too", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "fix", "--switch");
  await ada.saveValue("Acme.a", 2);
  await ada.saveValue("Acme.c", 2);
  await ada.do("deprecate", "Acme.b", "--message", "use a");
  await ada.do("branch", "switch", "main");
  await ada.saveValue("Acme.d", 1);
  await ada.saveValue("Acme.c", 3);
  await ada.do("branch", "switch", "fix");
  const { changes, into } = await ada.do("diff");
  expect(into).toBe("main");
  expect(changes).toMatchObject([
    { location: "Acme.a", diff: expect.stringMatching(/-let a = 1L\n\+let a = 2L/), conflict: null },
    { location: "Acme.b", diff: "", deprecation: "use a" },
    { location: "Acme.c", conflict: expect.stringMatching(/^[0-9a-f]+$/) },
  ]);
  const one = await ada.do("diff", "Acme.a");
  expect(one.changes).toHaveLength(1);
  expect((await ada.do("diff", "Acme.d")).changes).toEqual([]);
  expect(((await ada.do("--branch", "main", "diff")).changes as object[]).length).toBe(4);
});

test("a deprecation is merged, and counts as what the branch changes", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "fix", "--switch");
  await ada.do("deprecate", "Acme.a", "--message", "use b");
  expect(await ada.do("merge")).toMatchObject({ merged: 1, locations: ["Acme.a"] });
  expect(await ada.do("--branch", "main", "view", "Acme.a")).toMatchObject({
    definition: { deprecation: "use b" },
  });
  await ada.do("deprecate", "Acme.a", "--undo");
  expect(await ada.do("merge")).toMatchObject({ merged: 1, locations: ["Acme.a"] });
  expect(await ada.do("--branch", "main", "view", "Acme.a")).toMatchObject({
    definition: { deprecation: null },
  });
});

for (const [what, movedOn, editedOn] of [
  ["a move on a branch beside an edit on main", "fix", "main"],
  ["an edit on a branch beside a move on main", "main", "fix"],
] as const) {
  test(`${what} come together: the edit is where the definition went`, async () => {
    const { ada } = await newAda();
    await ada.do("branch", "create", "fix");
    await ada.do("--branch", movedOn, "mv", "Acme.a", "Acme.moved");
    await ada.do("branch", "switch", editedOn);
    await ada.saveValue("Acme.a", 2);
    expect(await ada.do("--branch", "fix", "merge")).toMatchObject({ conflicts: 0 });
    const together = { "Acme.b": "let b = 1L", "Acme.moved": "let moved = 2L" };
    expect(await sourcesOf(ada, "--branch", "main")).toEqual(together);
    expect(await sourcesOf(ada, "--branch", "fix")).toEqual(together);
  });
}

test("a merge marks what it removes, and so does its dry run", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "fix", "--switch");
  await ada.saveValue("Acme.a", 2);
  await ada.do("rm", "Acme.b");
  expect((await ada.try("merge", "--dry-run")).stdout).toContain("  Acme.a\n  Acme.b (removed)\n");
  expect(await ada.do("merge")).toMatchObject({ locations: ["Acme.a", "Acme.b"], removed: ["Acme.b"] });
});

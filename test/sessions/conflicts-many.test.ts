import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Teammate, testFolder, testRelay } from "../support/team.js";

/** Two who know `Acme.Money.n0` to `n<COUNT-1>` and sync by hand. */
async function twoOf(count: number): Promise<{ folder: string; ada: Teammate; bob: Teammate }> {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const [ada, bob] = [new Teammate("Ada", folder), new Teammate("Bob", folder)];
  await ada.init("Acme");
  await importValues(ada, folder, count, 1);
  await ada.do("sync", "--relay", relay.url);
  await bob.join(relay.url);
  for (const mate of [ada, bob]) await mate.do("sync", "--strategy", "lazy");
  return { folder, ada, bob };
}

async function importValues(mate: Teammate, folder: string, count: number, value: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) => `let n${index} = ${value}L\n`);
  const file = `${folder}/money.dark`;
  writeFileSync(file, `module Acme.Money\n\n${lines.join("\n")}`);
  await mate.do("import", file);
}

async function disagree(folder: string, ada: Teammate, bob: Teammate, count: number): Promise<void> {
  await importValues(ada, folder, count, 2);
  await importValues(bob, folder, count, 3);
  for (const mate of [ada, bob, ada]) await mate.sync();
}

async function text(mate: Teammate, ...args: readonly string[]): Promise<string> {
  const result = await mate.try(...args);
  expect(result.code, result.stderr).toBe(0);
  return result.stdout;
}

test("R18, R20, R25: many conflicts are a summary, settled by a rule at once, and taken back at once", async () => {
  const count = 25;
  const { folder, ada, bob } = await twoOf(count);
  await disagree(folder, ada, bob, count);
  const summary = await text(ada, "conflicts");
  for (const words of [
    `${count} conflicts.`,
    "By module",
    "Acme.Money",
    "By author",
    "Bob",
    "--rule theirs --in",
  ])
    expect(summary).toContain(words);
  expect((await text(ada, "conflicts", "--list")).trim().split("\n")).toHaveLength(count);
  expect((await ada.do("conflicts")).conflicts).toHaveLength(count);
  const few = await ada.do("conflicts", "--in", "Acme.Money.n1");
  expect(few.conflicts).toMatchObject([
    { location: "Acme.Money.n1", locations: ["Acme.Money.n1"], planned: null },
  ]);
  expect((await ada.do("conflicts", "--by", "Eve")).conflicts).toEqual([]);

  const dry = await ada.do("conflicts", "resolve", "--all", "--rule", "theirs", "--dry-run");
  expect(dry).toMatchObject({ change: null, changes: [], remaining: count, left: [] });
  const all = await ada.do(
    "conflicts",
    "resolve",
    "--all",
    "--rule",
    "theirs",
    "--in",
    "Acme.Money",
    "--by",
    "Bob",
  );
  expect(all.resolved).toHaveLength(count);
  expect(all).toMatchObject({ changes: [all.change], remaining: 0, left: [] });
  const undone = await ada.do("undo");
  expect(undone).toMatchObject({ undone: all.change });
  expect(undone.conflicts).toHaveLength(count);
  expect((await ada.fields()).conflicts).toBe(count);
  const left = await ada.do("conflicts", "resolve", "--all", "--rule", "keep-edit-over-delete");
  expect(left).toMatchObject({ resolved: [], change: null, remaining: count });
  expect(left.left).toHaveLength(count);
});

test("R18: a dry run says which head would stay, and where the other one would go", async () => {
  const { folder, ada, bob } = await twoOf(1);
  await disagree(folder, ada, bob, 1);
  const [open] = (await ada.do("conflicts")).conflicts as {
    id: string;
    heads: { author: string; hash: string }[];
  }[];
  const hash = open?.heads.find(({ author }) => author === "Ada")?.hash ?? "";
  const location = "Acme.Money.n0";
  const rule = (name: string) => ["conflicts", "resolve", "--all", "--rule", name, "--dry-run"];
  expect((await ada.do(...rule("both"))).would).toEqual([
    { id: open?.id, location, choice: "both", place: location, hash, newNames: ["Acme.Money.n0_2"] },
  ]);
  expect((await ada.do(...rule("mine"))).would).toMatchObject([{ choice: "mine", hash, newNames: [] }]);
  const short = hash.slice(0, 12);
  expect(await text(ada, ...rule("both"))).toContain(
    `${location}: ${short} (yours) stays, the other as Acme.Money.n0_2`,
  );
  expect(await text(ada, ...rule("mine"))).toContain(`${location}: ${short} (yours)\n`);
});

test("R22: what was planned is settled in the sync that brings the conflict, and pushed with it", async () => {
  const { ada, bob } = await twoOf(2);
  await ada.saveValue("Acme.Money.n0", 2);
  const plan = await ada.do("conflicts", "plan", "Acme.Money.n0", "--rule", "theirs");
  expect(plan.plans).toMatchObject([{ location: "Acme.Money.n0", rule: "theirs", kind: "edit-edit" }]);
  expect((await ada.do("conflicts", "plan")).plans).toEqual(plan.plans);
  await bob.saveValue("Acme.Money.n0", 3);
  await bob.sync();
  const synced = await ada.try("sync");
  expect(synced.stdout).toContain("1 conflict settled as planned.");
  expect(await ada.fields()).toMatchObject({ conflicts: 0, pending: 0 });
  await bob.sync();
  expect(await bob.view()).toMatchObject({ "Acme.Money.n0": { source: "let n0 = 3L", mark: "synced" } });
  expect((await ada.try("conflicts", "plan", "Acme.Money.n0", "--none")).code).toBe(1);
  expect((await ada.try("conflicts", "plan", "Acme.Money.n0")).code).toBe(2);
});

test("R23: who is asked again is told what was chosen before", async () => {
  const { folder, ada, bob } = await twoOf(1);
  await disagree(folder, ada, bob, 1);
  await bob.saveValue("Acme.Money.n0", 4);
  const [open] = (await ada.do("conflicts")).conflicts as { id: string }[];
  await ada.do("conflicts", "resolve", open?.id ?? "", "--mine");
  for (const mate of [ada, bob, ada]) await mate.sync();
  const [again] = (await bob.do("conflicts")).conflicts as { id: string; earlier: unknown }[];
  expect(again?.id).not.toBe(open?.id);
  expect(again?.earlier).toMatchObject({ choice: "mine", rule: "", author: "Ada", time: expect.any(String) });
  expect(await text(bob, "conflicts", "show", again?.id ?? "")).toContain("Ada chose their own side");
});

test("R24: one is told what others removed that one had moved", async () => {
  const { ada, bob } = await twoOf(1);
  await bob.do("rm", "Acme.Money.n0");
  await ada.do("mv", "Acme.Money.n0", "Acme.Money.adas");
  await bob.sync();
  expect(await text(ada, "sync")).toContain(
    "Bob removed Acme.Money.n0, which you had moved to Acme.Money.adas: restore yours (--mine)",
  );
});

test("R21, R24: one is told what others removed or moved under one's edit, and places can be settled", async () => {
  const { ada, bob } = await twoOf(3);
  for (const name of ["n0", "n1"]) await ada.saveValue(`Acme.Money.${name}`, 2);
  await bob.do("rm", "Acme.Money.n0");
  await bob.do("mv", "Acme.Money.n1", "Acme.Money.moved");
  await bob.do("mv", "Acme.Money.n2", "Acme.Money.bobs");
  await ada.do("mv", "Acme.Money.n2", "Acme.Money.adas");
  await bob.sync();
  const synced = await text(ada, "sync");
  expect(synced).toContain("Bob removed Acme.Money.n0, which you had edited: restore yours (--mine)");
  expect(synced).toContain("Your edit of Acme.Money.n1 follows to Acme.Money.moved (moved by Bob).");
  const { definition } = await ada.do("view", "Acme.Money.moved");
  expect(definition).toMatchObject({ merged: true, source: "let moved = 2L" });
  expect((await ada.try("view", "Acme.Money.moved")).stderr).toContain("Merged from");
  const open = (await ada.do("conflicts", "--kind", "move-move")).conflicts as {
    id: string;
    heads: unknown[];
  }[];
  expect(open).toMatchObject([
    { locations: ["Acme.Money.adas", "Acme.Money.bobs"], heads: [{ change: expect.any(String) }, {}] },
  ]);
  await ada.do("conflicts", "resolve", open[0]?.id ?? "", "--theirs");
  expect(Object.keys(await ada.view()).sort()).toEqual([
    "Acme.Money.bobs",
    "Acme.Money.moved",
    "Acme.Money.n0",
  ]);
  await ada.do("undo");
  expect((await ada.do("conflicts", "--kind", "move-move")).conflicts).toMatchObject([
    { locations: ["Acme.Money.adas", "Acme.Money.bobs"] },
  ]);
});

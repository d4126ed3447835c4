import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Teammate, testFolder, testRelay } from "../support/team.js";

interface Conflict {
  readonly id: string;
  readonly kind: string;
  readonly location: string;
}

/** Two who changed `Acme.Money.rate` at once; both know of it. */
async function inConflict(): Promise<{ folder: string; ada: Teammate; bob: Teammate }> {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const [ada, bob] = [new Teammate("Ada", folder), new Teammate("Bob", folder)];
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  await ada.saveValue("Acme.Money.rate", 1);
  await ada.save("Acme.Money.price", "let price = rate + 1L\n");
  await ada.sync();
  await bob.join(relay.url);
  for (const mate of [ada, bob]) await mate.do("sync", "--strategy", "lazy");
  await ada.saveValue("Acme.Money.rate", 2);
  await bob.saveValue("Acme.Money.rate", 3);
  for (const mate of [ada, bob, ada]) await mate.sync();
  return { folder, ada, bob };
}

async function conflictsOf(mate: Teammate): Promise<readonly Conflict[]> {
  return (await mate.do("conflicts")).conflicts as Conflict[];
}

test("a conflict has one id everywhere, both sides with authors, the base and who uses it (O3, O5)", async () => {
  const { ada, bob } = await inConflict();
  const conflicts = await conflictsOf(ada);
  expect(conflicts).toEqual(await conflictsOf(bob));
  expect(conflicts).toMatchObject([
    {
      kind: "edit-edit",
      location: "Acme.Money.rate",
      branch: "main",
      base: { source: expect.stringContaining("1L") },
      dependents: ["Acme.Money.price"],
      planned: null,
    },
  ]);
  const { heads } = conflicts[0] as unknown as { heads: { author: string; source: string; time: string }[] };
  expect(heads.map(({ author }) => author).sort()).toEqual(["Ada", "Bob"]);
  const text = (await ada.try("conflicts", "show", String(conflicts[0]?.id).slice(0, 8))).stdout;
  for (const word of ["Ada", "Bob", "1L", "2L", "3L", "Acme.Money.price"]) expect(text).toContain(word);
  for (const line of text.split("\n")) expect([...line].length).toBeLessThanOrEqual(80);
});

for (const [side, value] of [
  ["--mine", "2L"],
  ["--theirs", "3L"],
] as const) {
  test(`${side} settles it for everybody (O6)`, async () => {
    const { ada, bob } = await inConflict();
    const [conflict] = await conflictsOf(ada);
    const resolved = await ada.do("conflicts", "resolve", String(conflict?.id), side);
    expect(resolved).toMatchObject({
      resolved: [conflict?.id],
      remaining: 0,
      change: expect.stringMatching(/^[0-9a-f]+$/),
    });
    for (const mate of [ada, bob]) await mate.sync();
    for (const mate of [ada, bob]) {
      expect(await mate.view()).toMatchObject({
        "Acme.Money.rate": { mark: "synced", source: expect.stringContaining(value) },
      });
      expect(await mate.fields()).toMatchObject({ conflicts: 0, pending: 0, state: "synced" });
    }
  });
}

test("--file settles it with a third text; a text that is none settles nothing (O6)", async () => {
  const { folder, ada, bob } = await inConflict();
  const [conflict] = await conflictsOf(ada);
  writeFileSync(`${folder}/bad.dark`, "let price = 1L\n");
  const bad = await ada.try(
    "--json",
    "conflicts",
    "resolve",
    String(conflict?.id),
    "--file",
    `${folder}/bad.dark`,
  );
  expect(bad.code).toBe(1);
  expect(await conflictsOf(ada)).toHaveLength(1);
  writeFileSync(`${folder}/good.dark`, "let rate = 5L\n");
  await ada.do("conflicts", "resolve", String(conflict?.id), "--file", `${folder}/good.dark`);
  for (const mate of [ada, bob]) await mate.sync();
  expect(await bob.view()).toMatchObject({
    "Acme.Money.rate": { mark: "synced", source: expect.stringContaining("5L") },
  });
});

test("--both keeps both definitions of one name, and refuses where one side removed it (R16)", async () => {
  const { ada, bob } = await inConflict();
  const [edited] = await conflictsOf(ada);
  await ada.do("conflicts", "resolve", String(edited?.id), "--mine");
  await ada.saveValue("Acme.made", 1);
  await bob.saveValue("Acme.made", 2);
  for (const mate of [bob, ada]) await mate.sync();
  const [made] = await conflictsOf(ada);
  const settled = await ada.try("conflicts", "resolve", String(made?.id), "--both");
  expect(settled.stdout).toContain("The other side is Acme.made_2 now.");
  expect(await ada.view()).toMatchObject({
    "Acme.made": { source: "let made = 1L" },
    "Acme.made_2": { source: "let made_2 = 2L" },
  });
  for (const mate of [ada, bob]) await mate.sync();
  await bob.do("rm", "Acme.made");
  await ada.saveValue("Acme.made", 3);
  for (const mate of [bob, ada]) await mate.sync();
  const [removed] = await conflictsOf(ada);
  const refused = await ada.try("--json", "conflicts", "resolve", String(removed?.id), "--both");
  expect([refused.code, refused.json.error]).toEqual([2, expect.objectContaining({ code: "unfit-choice" })]);
});

test("name-taken tells from where each came; a dependency lists who else uses what was changed", async () => {
  const { ada, bob } = await inConflict();
  const [edited] = await conflictsOf(ada);
  await ada.do("conflicts", "resolve", String(edited?.id), "--mine");
  await ada.save("Acme.Money.tax", "let tax (cents: Int) : Int = cents\n");
  await ada.save("Acme.Money.other", "let other = tax 1L\n");
  for (const mate of [ada, bob]) await mate.sync();
  await bob.do("mv", "Acme.Money.rate", "Acme.Money.taken");
  await ada.saveValue("Acme.Money.taken", 9);
  await ada.save("Acme.Money.tax", "let tax (cents: Int) (rate: Int) : Int = cents\n");
  await bob.save("Acme.Money.mine", "let mine = tax 2L\n");
  for (const mate of [ada, bob, ada]) await mate.sync();
  const taken = (await conflictsOf(ada)).find(({ kind }) => kind === "name-taken");
  expect((await ada.try("conflicts", "show", String(taken?.id))).stdout).toContain(
    "You made one here, Bob moved Acme.Money.rate here.",
  );
  expect(taken).toMatchObject({
    heads: expect.arrayContaining([expect.objectContaining({ movedFrom: "Acme.Money.rate" })]),
  });
  const dependency = (await conflictsOf(ada)).find(({ kind }) => kind === "dependency");
  expect(dependency).toMatchObject({ location: "Acme.Money.mine", dependents: ["Acme.Money.other"] });
});

test("two who settle it differently have a new conflict; alike, none (O6)", async () => {
  const { ada, bob } = await inConflict();
  const [conflict] = await conflictsOf(ada);
  await ada.do("conflicts", "resolve", String(conflict?.id), "--mine");
  await bob.do("conflicts", "resolve", String(conflict?.id), "--theirs");
  for (const mate of [ada, bob, ada]) await mate.sync();
  expect(await conflictsOf(ada)).toEqual([]);
  expect(await bob.view()).toEqual(await ada.view());
  const second = await inConflict();
  const [other] = await conflictsOf(second.ada);
  await second.ada.do("conflicts", "resolve", String(other?.id), "--mine");
  await second.bob.do("conflicts", "resolve", String(other?.id), "--mine");
  for (const mate of [second.ada, second.bob, second.ada]) await mate.sync();
  const again = await conflictsOf(second.ada);
  expect(again).toEqual(await conflictsOf(second.bob));
  expect(again).toHaveLength(1);
  expect(again[0]?.id).not.toBe(other?.id);
});

test("wrong calls: no side, two sides, an unknown id, what does not fit", async () => {
  const { ada } = await inConflict();
  const [conflict] = await conflictsOf(ada);
  const id = String(conflict?.id);
  const cases: readonly [readonly string[], number][] = [
    [[id], 2],
    [[id, "--mine", "--theirs"], 2],
    [["ffff", "--mine"], 1],
    [[], 2],
    [[id, "--accept"], 2],
    [[id, "--head", "abc"], 2],
    [[id, "--rule", "mine"], 2],
    [[id, "--mine", "--in", "Acme"], 2],
    [["--all"], 2],
    [["--all", "--rule", "best"], 2],
    [["--all", "--rule", "mine", "--kind", "none"], 2],
    [["--all", "--rule", "mine", "--theirs"], 2],
    [["--dry-run"], 2],
  ];
  for (const [args, code] of cases) {
    const result = await ada.try("--json", "conflicts", "resolve", ...args);
    expect(result.code, args.join(" ")).toBe(code);
    expect(result.json.error, args.join(" ")).toMatchObject({ hint: expect.stringMatching(/\w/) });
  }
  expect(await conflictsOf(ada)).toHaveLength(1);
});

import { expect, test } from "vitest";
import { run } from "../support/cli.js";
import { sourcesOf } from "../support/sources.js";
import { Teammate, testFolder, testRelay } from "../support/team.js";

/** Ada, who has the branch `fix` with `Acme.a` changed on it, and Bob; nothing is synced but by hand. */
async function newTeam(): Promise<{ ada: Teammate; bob: Teammate; url: string; folder: string }> {
  const folder = testFolder();
  const { url } = await testRelay(`${folder}/relay`);
  const [ada, bob] = [new Teammate("Ada", folder), new Teammate("Bob", folder)];
  await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  await ada.do("sync", "--relay", url);
  await bob.join(url);
  for (const mate of [ada, bob]) await mate.do("sync", "--strategy", "lazy");
  await ada.do("branch", "create", "fix", "--switch");
  await ada.saveValue("Acme.a", 2);
  return { ada, bob, url, folder };
}

async function sync(...mates: readonly Teammate[]): Promise<void> {
  for (const mate of mates) await mate.sync();
}

async function namesOf(mate: Teammate): Promise<readonly unknown[]> {
  return ((await mate.do("branch")).branches as { name: string }[]).map(({ name }) => name);
}

test("a shared branch is edited by two, both offline; where they disagree it is a conflict on the branch", async () => {
  const { ada, bob } = await newTeam();
  expect(await ada.do("branch", "share", "fix", "Bob")).toMatchObject({ member: "Bob", access: "write" });
  await sync(ada, bob);
  await bob.do("branch", "switch", "fix");
  expect(await sourcesOf(bob)).toEqual({ "Acme.a": "let a = 2L" });
  await ada.saveValue("Acme.a", 3);
  await ada.saveValue("Acme.ours", 1);
  await bob.saveValue("Acme.a", 4);
  await bob.saveValue("Acme.theirs", 1);
  await sync(ada, bob);
  const synced = await ada.sync();
  expect(synced).toMatchObject({ conflicts: 1, branch: "fix" });
  const [ofAda, ofBob] = [await ada.do("conflicts"), await bob.do("conflicts")];
  expect(ofAda.conflicts).toMatchObject([{ kind: "edit-edit", location: "Acme.a" }]);
  expect((ofBob.conflicts as { id: string }[])[0]?.id).toBe((ofAda.conflicts as { id: string }[])[0]?.id);
  expect(Object.keys(await sourcesOf(ada))).toEqual(["Acme.a", "Acme.ours", "Acme.theirs"]);
  expect((await bob.do("--branch", "main", "conflicts")).conflicts).toEqual([]);

  const id = String((ofBob.conflicts as { id: string }[])[0]?.id);
  await bob.do("conflicts", "resolve", id, "--mine");
  await bob.do("merge");
  await sync(bob, ada);
  expect(await sourcesOf(ada)).toMatchObject({ "Acme.a": "let a = 4L" });
  expect(await sourcesOf(ada, "--branch", "main")).toEqual({
    "Acme.a": "let a = 4L",
    "Acme.ours": "let ours = 1L",
    "Acme.theirs": "let theirs = 1L",
  });
});

test("conflicts on a branch that one is not on are told by the sync that brings them, and by status", async () => {
  const { ada, bob } = await newTeam();
  const { id } = await ada.do("branch", "share", "fix", "Bob");
  await sync(ada, bob);
  await bob.do("branch", "switch", "fix");
  await bob.saveValue("Acme.a", 4);
  await bob.do("branch", "switch", "main");
  await ada.saveValue("Acme.a", 3);
  expect((await bob.do("status")).branches).toEqual([]);
  await sync(ada);
  const words = "fix has 1 conflict: darklang --branch fix conflicts";
  const brought = (await bob.try("sync")).stdout;
  expect(brought).toContain("0 conflicts, 0 failed.");
  expect(brought).toContain(words);
  // What brings nothing to the branch says nothing of it.
  await ada.do("branch", "switch", "main");
  await ada.saveValue("Acme.b", 1);
  await sync(ada);
  expect(await bob.do("sync")).toMatchObject({ pulled: 1, conflicts: 0, branches: [] });
  expect((await bob.try("status")).stdout).toContain(words);
  expect(await bob.do("status")).toMatchObject({
    conflicts: 0,
    branches: [{ id, name: "fix", conflicts: 1 }],
  });
  await bob.do("branch", "switch", "fix");
  expect((await bob.try("status")).stdout).not.toContain(words);
});

test("what another wrote on a branch that was merged meanwhile is told, not lost, and merged again (B4)", async () => {
  const { ada, bob } = await newTeam();
  await ada.do("branch", "share", "fix", "Bob");
  await sync(ada, bob);
  await bob.do("branch", "switch", "fix");
  await bob.saveValue("Acme.theirs", 1);
  await ada.do("merge");
  await sync(bob, ada, bob);
  for (const mate of [ada, bob])
    expect((await mate.do("status")).late).toEqual([{ branch: "fix", changes: 1 }]);
  expect(await sourcesOf(ada, "--branch", "main")).toEqual({ "Acme.a": "let a = 2L" });
  expect(await bob.do("merge")).toMatchObject({ merged: 1, conflicts: 0, locations: ["Acme.theirs"] });
  await sync(bob, ada);
  for (const mate of [ada, bob]) expect((await mate.do("status")).late).toEqual([]);
  await bob.saveValue("Acme.more", 1);
  await bob.sync();
  await ada.do("branch", "archive", "fix");
  await ada.sync();
  expect((await ada.try("branch")).stderr).toContain(
    "fix: 1 change came after the merge: darklang branch restore fix",
  );
  expect(Object.keys(await sourcesOf(ada, "--branch", "main"))).toEqual(["Acme.a", "Acme.theirs"]);
});

test("a branch shared to read is read, and neither edited nor merged; a branch of it may be", async () => {
  const { ada, bob } = await newTeam();
  await ada.do("branch", "share", "fix", "Bob", "--read");
  await sync(ada, bob);
  await bob.do("branch", "switch", "fix");
  expect(await sourcesOf(bob)).toEqual({ "Acme.a": "let a = 2L" });
  const space = ["--space", bob.folder, "--json"];
  const refusals = [
    await run([...space, "save", "Acme.a"], { input: "let a = 5L\n" }),
    ...(await Promise.all(
      [
        ["rm", "Acme.a"],
        ["merge"],
        ["rebase"],
        ["branch", "rename", "x"],
        ["branch", "share", "fix", "Cleo"],
      ].map((args) => run([...space, ...args])),
    )),
  ];
  for (const { code, json } of refusals) {
    expect([code, json.error]).toEqual([
      1,
      expect.objectContaining({ code: "read-only-branch", hint: expect.stringContaining("branch create") }),
    ]);
  }
  expect(await bob.do("merge", "--dry-run")).toMatchObject({ merged: 1 });
  await bob.do("branch", "create", "mine", "--switch");
  await bob.saveValue("Acme.a", 5);
  expect(await sourcesOf(bob)).toEqual({ "Acme.a": "let a = 5L" });
  expect(await sourcesOf(bob, "--branch", "fix")).toEqual({ "Acme.a": "let a = 2L" });
});

test("a branch is hidden from those that it is not shared with; taken back, it is again, and undo tells", async () => {
  const { ada, bob, url, folder } = await newTeam();
  const cleo = new Teammate("Cleo", folder);
  await cleo.join(url);
  await sync(ada, bob);
  expect(await namesOf(bob)).toEqual(["main"]);
  const log = (await bob.do("log")).changes as { log: string }[];
  expect(log.filter((change) => change.log.startsWith("branch/"))).toEqual([]);
  await ada.do("branch", "share", "fix", "Bob");
  await sync(ada, bob, cleo);
  expect([await namesOf(bob), await namesOf(cleo)]).toEqual([["main", "fix"], ["main"]]);
  await bob.do("branch", "switch", "fix");
  await ada.do("branch", "share", "fix", "Bob", "--remove");
  await sync(ada, bob);
  expect(await namesOf(bob)).toEqual(["main"]);
  expect((await bob.try("--json", "ls")).json.error).toMatchObject({ code: "unknown-branch" });
  expect((await ada.try("undo")).stdout).toContain("share the branch with Bob no more");
  await sync(ada, bob);
  expect(await sourcesOf(bob)).toEqual({ "Acme.a": "let a = 2L" });
  const slip = await ada.try("branch", "share", "fix", "Bbo");
  expect(slip.stdout).toContain("No Bbo is known here yet");
});

test("a branch that is shared with a member as it is already is not shared again", async () => {
  const { ada } = await newTeam();
  const pending = async () => (await ada.fields()).pending;
  const same = async (text: string, ...options: string[]) => {
    const before = await pending();
    const { stdout } = await ada.try("--offline", "branch", "share", "fix", "Bob", ...options);
    expect([stdout, await pending()]).toEqual([expect.stringContaining(text), before]);
  };
  await same("fix is not shared with Bob.", "--remove");
  await ada.do("branch", "share", "fix", "Bob");
  await same("fix is shared with Bob already, who may work on it.");
  expect(await ada.do("branch", "share", "fix", "Bob", "--read")).not.toHaveProperty("unchanged");
  await same("fix is shared with Bob already, to read.", "--read");
});

test("branches of one name, of two people, are told apart where both are seen", async () => {
  const { ada, bob } = await newTeam();
  await bob.do("branch", "create", "fix");
  await ada.do("branch", "share", "fix", "Bob");
  await sync(ada, bob);
  const labels = ((await bob.do("branch")).branches as { label: string }[]).map(({ label }) => label);
  expect(labels.slice(1).every((label) => /^fix~[0-9a-f]{4}$/.test(label))).toBe(true);
  expect((await bob.try("--json", "branch", "switch", "fix")).code).toBe(2);
  expect(await namesOf(ada)).toEqual(["main", "fix"]);
});

test("a copy of some owners only has the branches too, and pushes its own", async () => {
  const { ada, url, folder } = await newTeam();
  await ada.saveValue("Beta.b", 1);
  await ada.do("branch", "share", "fix", "Cleo");
  await ada.sync();
  const joined = await run(["--json", "join", url, `${folder}/Cleo`, "--as", "Cleo", "--only", "Acme"]);
  expect(joined.code).toBe(0);
  const cleo = new Teammate("Cleo", folder);
  await cleo.do("sync", "--strategy", "lazy");
  await cleo.do("branch", "switch", "fix");
  await cleo.saveValue("Acme.a", 7);
  expect((await cleo.fields()).pending).toBe(1);
  await sync(cleo, ada);
  expect((await cleo.fields()).pending).toBe(0);
  expect((await sourcesOf(ada))["Acme.a"]).toBe("let a = 7L");
});

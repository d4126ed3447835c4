import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { run } from "../support/cli.js";
import { sourcesOf } from "../support/sources.js";
import { Teammate, testFolder } from "../support/team.js";

interface ListedBranch {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly current: boolean;
  readonly pending: number;
  readonly differing: number;
}

/** Ada with `Acme.a` and `Acme.b` on main, and no relay. */
async function newAda(): Promise<{ ada: Teammate; folder: string }> {
  const folder = testFolder();
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  await ada.saveValue("Acme.b", 1);
  return { ada, folder };
}

async function branchesOf(mate: Teammate, ...options: string[]): Promise<readonly ListedBranch[]> {
  return (await mate.do("branch", ...options)).branches as ListedBranch[];
}

test("a branch is edited beside main, and each shows its own; it is listed with what it holds", async () => {
  const { ada } = await newAda();
  const { id, name } = await ada.do("branch", "create", "fix");
  expect({ id, name }).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), name: "fix" });
  expect((await ada.do("status")).branch).toBe("main");
  expect(await ada.do("branch", "switch", "fix")).toMatchObject({ id, name: "fix", branch: "fix" });
  await ada.saveValue("Acme.a", 2);
  await ada.do("rm", "Acme.b");
  await ada.saveValue("Beta.c", 1);
  const onFix = { "Acme.a": "let a = 2L", "Beta.c": "let c = 1L" };
  expect(await sourcesOf(ada)).toEqual(onFix);
  expect(await branchesOf(ada)).toMatchObject([
    { id: "main", current: false },
    { id, name: "fix", current: true, differing: 3, pending: 4, late: 0, merged: "never", author: "Ada" },
  ]);
  expect(await ada.do("status")).toMatchObject({ branch: "fix", sync: { pending: 7 } });
  expect(await ada.do("branch", "switch", "main")).toMatchObject({ id: "main", name: "main" });
  expect(await sourcesOf(ada)).toEqual({ "Acme.a": "let a = 1L", "Acme.b": "let b = 1L" });
  expect((await branchesOf(ada)).map(({ current }) => current)).toEqual([true, false]);
});

test("search, resolve, refs, log and view --at are those of the branch", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "fix", "--switch");
  const first = await ada.save("Acme.c", "let c = a + 1L\n");
  await ada.save("Acme.c", "let c = a + b\n");
  const answers = async () => ({
    search: ((await ada.do("search", "Acme.c")).items as object[]).length,
    resolve: (await ada.try("--json", "resolve", "c", "--in", "Acme")).code,
    usedBy: (await ada.do("refs", "Acme.a")).usedBy,
    changes: ((await ada.do("log")).changes as { log: string }[]).filter(({ log }) =>
      log.startsWith("branch/"),
    ).length,
  });
  expect(await answers()).toEqual({ search: 1, resolve: 0, usedBy: ["Acme.c"], changes: 3 });
  expect(((await ada.do("log", "Acme.c")).changes as object[]).length).toBe(2);
  expect(await ada.do("view", "Acme.c", "--at", first)).toMatchObject({
    definition: { source: expect.stringContaining("a + 1L") },
  });
  await ada.do("branch", "switch", "main");
  expect(await answers()).toEqual({ search: 0, resolve: 1, usedBy: [], changes: 0 });
  const later = await ada.saveValue("Acme.a", 9);
  const idsOn = async (branch: string) =>
    ((await ada.do("--branch", branch, "log")).changes as { id: string }[]).map(({ id }) => id);
  expect(await idsOn("main")).toContain(later);
  expect(await idsOn("fix")).not.toContain(later);
});

test("--branch and DARKLANG_BRANCH pick a branch for one command, main among them", async () => {
  const { ada } = await newAda();
  const { id } = await ada.do("branch", "create", "fix");
  const env = { DARKLANG_BRANCH: "fix" };
  const input = "let a = 2L\n";
  const saved = await run(["--space", ada.folder, "--json", "save", "Acme.a"], { input, env });
  expect(saved.json).toMatchObject({ branch: "fix", location: "Acme.a" });
  const sourceAt = async (args: readonly string[], variables = {}) => {
    const result = await run(["--space", ada.folder, "--json", ...args, "view", "Acme.a"], {
      env: variables,
    });
    return (result.json.definition as { source: string }).source;
  };
  expect(await sourceAt([])).toBe("let a = 1L");
  expect(await sourceAt(["--branch", "fix"])).toBe("let a = 2L");
  expect(await sourceAt(["--branch", String(id).slice(0, 6)])).toBe("let a = 2L");
  expect(await sourceAt([], env)).toBe("let a = 2L");
  expect(await sourceAt(["--branch", "main"], env)).toBe("let a = 1L");
  await ada.do("branch", "switch", "fix");
  expect(await sourceAt([], { DARKLANG_BRANCH: "main" })).toBe("let a = 1L");
  const astray = await run(["--space", ada.folder, "ls"], { env: { DARKLANG_BRANCH: "nowhere" } });
  expect([astray.code, astray.stderr]).toEqual([1, expect.stringContaining("DARKLANG_BRANCH")]);
});

test("a branch of the one worked on, of a named one, or of main", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "fix", "--switch");
  await ada.saveValue("Acme.a", 2);
  await ada.do("branch", "create", "child");
  await ada.do("branch", "create", "other", "--from", "main");
  await ada.do("branch", "create", "named", "--from", "child");
  const sourceOn = async (name: string) => (await sourcesOf(ada, "--branch", name))["Acme.a"];
  expect(await sourceOn("child")).toBe("let a = 2L");
  expect(await sourceOn("other")).toBe("let a = 1L");
  expect(await sourceOn("named")).toBe("let a = 2L");
  await ada.saveValue("Acme.a", 3);
  expect(await sourceOn("child")).toBe("let a = 2L");
});

test("rename, archive and restore, each taken back by undo", async () => {
  const { ada } = await newAda();
  const { id } = await ada.do("branch", "create", "fix", "--switch");
  await ada.saveValue("Acme.a", 2);
  expect(await ada.do("branch", "rename", "better")).toMatchObject({ id, name: "better", branch: "better" });
  await ada.do("branch", "switch", "main");
  await ada.do("branch", "rename", "better", "best");
  await ada.do("undo");
  expect((await branchesOf(ada)).map(({ name }) => name)).toEqual(["main", "better"]);

  await ada.do("branch", "switch", "better");
  expect(await ada.do("branch", "archive", "better")).toMatchObject({ id, branch: "main" });
  expect((await branchesOf(ada)).map(({ name }) => name)).toEqual(["main"]);
  expect((await branchesOf(ada, "--all")).map(({ name }) => name)).toEqual(["main", "better"]);
  const archived = await ada.try("--json", "branch", "switch", "better");
  expect([archived.code, archived.json.error]).toEqual([
    1,
    expect.objectContaining({ code: "archived-branch" }),
  ]);
  const { stdout } = await ada.try("undo");
  expect(stdout).toContain("on branch better");
  expect(stdout).toContain("archive the branch");
  await ada.do("branch", "archive", "better");
  await ada.do("branch", "restore", "better");
  expect(await ada.do("--branch", "better", "branch", "rename", "best")).toMatchObject({ branch: "best" });
  await ada.do("branch", "switch", "best");
  expect((await sourcesOf(ada))["Acme.a"]).toBe("let a = 2L");
});

test("undo takes back the last change of what is worked on, not of what is beside it", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "fix", "--switch");
  await ada.saveValue("Acme.a", 2);
  const onMain = await ada.save("Acme.b", "let b = 3L\n");
  await ada.do("--branch", "main", "undo");
  expect(await sourcesOf(ada, "--branch", "main")).toEqual({ "Acme.a": "let a = 1L" });
  await ada.do("undo");
  expect(await sourcesOf(ada)).toEqual({ "Acme.a": "let a = 2L", "Acme.b": "let b = 1L" });
  const elsewhere = await ada.try("--json", "--branch", "main", "undo", onMain);
  expect(elsewhere.json.error).toMatchObject({
    code: "other-branch",
    hint: expect.stringContaining("--branch"),
  });
});

test("undo on main passes what was saved on a branch, and a branch what was said of another", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "fix");
  await ada.do("branch", "create", "other");
  const input = "let a = 2L\n";
  const args = ["--space", ada.folder, "--json", "--branch", "fix", "save", "Acme.a"];
  expect((await run(args, { input })).code).toBe(0);
  await ada.do("branch", "rename", "other", "another");
  await ada.do("--branch", "fix", "undo");
  expect(await sourcesOf(ada, "--branch", "fix")).toMatchObject({ "Acme.a": "let a = 1L" });
  expect((await branchesOf(ada)).map(({ name }) => name)).toEqual(["main", "another", "fix"]);
  await ada.do("undo");
  expect(await sourcesOf(ada)).toEqual({ "Acme.a": "let a = 1L" });
});

test("log and undo call branches by their names, and JSON by their ids", async () => {
  const { ada } = await newAda();
  const { id } = await ada.do("branch", "create", "fix", "--switch");
  await ada.do("branch", "create", "child", "--switch");
  await ada.saveValue("Acme.a", 2);
  expect((await ada.try("log")).stdout).toContain("create the branch, of branch fix");
  const withIds = JSON.stringify((await ada.do("log")).changes);
  expect(withIds).toContain(`"parent":"${id}"`);
  await ada.do("merge");
  await ada.do("branch", "switch", "fix");
  const { stdout } = await ada.try("log");
  expect(stdout).toContain("merge branch child");
  expect(stdout).not.toMatch(/branch\/[0-9a-f]{32}/);
});

test("files are imported to a branch, and exported from it", async () => {
  const { ada, folder } = await newAda();
  await ada.do("branch", "create", "fix", "--switch");
  const source = "module Acme.Files\n\n// kept as it is\nlet  one = 1L\n\nlet two = one + 1L\n";
  writeFileSync(`${folder}/files.dark`, source);
  expect(await ada.do("import", `${folder}/files.dark`)).toMatchObject({ added: 2 });
  expect(await ada.do("export", `${folder}/fix`)).toMatchObject({ definitions: 4 });
  expect(readFileSync(`${folder}/fix/files.dark`, "utf8")).toBe(source);
  expect(await ada.do("--branch", "main", "export", `${folder}/main`)).toMatchObject({ definitions: 2 });
  await ada.do("merge");
  await ada.do("branch", "switch", "main");
  expect(await ada.do("export", `${folder}/merged`)).toMatchObject({ definitions: 4 });
  expect(readFileSync(`${folder}/merged/files.dark`, "utf8")).toBe(source);
});

test("two branches of one name are told apart by the beginning of their ids", async () => {
  const { ada } = await newAda();
  const { id } = await ada.do("branch", "create", "fix");
  await ada.do("branch", "create", "fix");
  const labels = (await branchesOf(ada)).slice(1).map(({ label }) => label);
  expect(labels).toContain(`fix~${String(id).slice(0, 4)}`);
  expect(new Set(labels).size).toBe(2);
  const ambiguous = await ada.try("--json", "branch", "switch", "fix");
  expect([ambiguous.code, ambiguous.json.error]).toEqual([
    2,
    expect.objectContaining({
      code: "ambiguous-branch",
      message: expect.stringContaining(String(labels[1])),
    }),
  ]);
  expect(await ada.do("branch", "switch", String(labels[1]))).toMatchObject({ branch: labels[1] });
});

test("wrong usage ends with 2 and a hint, what cannot be done with 1", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "fix");
  const cases: readonly (readonly [readonly string[], number, string])[] = [
    [["merge"], 2, "usage"],
    [["merge", "--dry-run"], 2, "usage"],
    [["rebase"], 2, "usage"],
    [["branch", "fix"], 2, "usage"],
    [["branch", "create"], 2, "usage"],
    [["branch", "create", "main"], 2, "bad-branch-name"],
    [["branch", "create", "a b"], 2, "bad-branch-name"],
    [["branch", "create", "x", "--from", "nowhere"], 1, "unknown-branch"],
    [["branch", "rename", "other"], 2, "usage"],
    [["branch", "rename", "main", "other"], 2, "usage"],
    [["branch", "archive", "main"], 2, "usage"],
    [["branch", "share", "fix", "Ada"], 2, "usage"],
    [["branch", "share", "fix", "Bob", "--read", "--remove"], 2, "usage"],
    [["branch", "switch", "nowhere"], 1, "unknown-branch"],
    [["--branch", "nowhere", "ls"], 1, "unknown-branch"],
    [["--branch", "nowhere", "status"], 1, "unknown-branch"],
  ];
  for (const [args, code, problem] of cases) {
    const result = await ada.try("--json", ...args);
    expect([args, result.code, result.json.error]).toEqual([
      args,
      code,
      expect.objectContaining({ code: problem, hint: expect.stringMatching(/\w/) }),
    ]);
  }
  expect((await branchesOf(ada)).map(({ name }) => name)).toEqual(["main", "fix"]);
});

test("when the branch that one is on is gone, reading says so, and main can be gone back to", async () => {
  const { ada } = await newAda();
  await ada.do("branch", "create", "fix", "--switch");
  await ada.do("sync", "--clear-queue");
  const gone = await ada.try("--json", "ls");
  expect([gone.code, gone.json.error]).toEqual([
    1,
    expect.objectContaining({ code: "unknown-branch", hint: expect.stringContaining("switch main") }),
  ]);
  expect((await ada.try("status")).stdout).toContain("switch main");
  await ada.do("branch", "switch", "main");
  expect((await ada.try("ls")).code).toBe(0);
});

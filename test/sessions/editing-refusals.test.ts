import { chmodSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, test } from "vitest";
import { newFolder, newSpace, type TestSpace } from "../support/space.js";

let space: TestSpace;

beforeEach(async () => {
  space = await newSpace();
});

async function failure(
  args: readonly string[],
  input: string | Uint8Array = "",
): Promise<{ code: number; error: string }> {
  const plain = await space.try(args, { input });
  expect(plain.stdout).toBe("");
  expect(plain.stderr).toMatch(/^error: .+\nhint: .+\n$/);
  const { code, json } = await space.try([...args, "--json"], { input });
  expect(code).toBe(plain.code);
  const error = json.error as { code: string; message: string; hint: string };
  expect(plain.stderr).toBe(`error: ${error.message}\nhint: ${error.hint}\n`);
  return { code, error: error.code };
}

describe("wrong input", () => {
  test.each([
    ["nothing", "", "empty-definition"],
    ["half a definition", "let add (a: Int64", "bad-definition"],
    ["two definitions", "let add = 1L\nlet two = 2L", "bad-definition"],
    ["another definition", "let other = 1L", "name-mismatch"],
    ["invalid UTF-8", Uint8Array.from([0x6c, 0xff, 0xfe]), "not-text"],
    ["binary data", Uint8Array.from([0, 1, 2]), "not-text"],
    ["a text that is too large", `let add = "${"x".repeat(600_000)}"`, "definition-too-large"],
    ["one that is far too large", `let add = "${"x".repeat(3_000_000)}"`, "definition-too-large"],
  ])("%s on stdin", async (_name, input, error) => {
    expect(await failure(["save", "Acme.Math.add"], input)).toEqual({ code: 1, error });
    expect((await space.ask("ls")).items).toEqual([]);
  });

  test("files that are none", async () => {
    expect(await failure(["save", "Acme.Math.add", "--file", space.folder])).toEqual({
      code: 1,
      error: "is-a-folder",
    });
    expect(await failure(["save", "Acme.Math.add", "--file", "none"])).toEqual({
      code: 1,
      error: "no-such-file",
    });
    const file = join(newFolder(), "file");
    writeFileSync(file, "");
    expect(await failure(["export", file])).toEqual({ code: 1, error: "not-a-folder" });
  });

  test.each(["view", "edit", "refs", "rm", "deprecate", "save", "log", "diff"])(
    "%s of what is no location is wrong usage",
    async (command) => {
      expect(await failure([command, "nonsense"], "let nonsense = 1L")).toEqual({
        code: 2,
        error: "bad-location",
      });
    },
  );

  test.each(["view", "refs", "rm", "deprecate", "log"])("%s of an unknown location", async (command) => {
    expect(await failure([command, "Acme.Math.nothing"])).toEqual({ code: 1, error: "unknown-location" });
  });

  test("changes that are none", async () => {
    expect(await failure(["undo", "ffff"])).toEqual({ code: 1, error: "unknown-change" });
    expect(await failure(["undo", "xyz"])).toEqual({ code: 1, error: "unknown-change" });
  });

  test("unknown commands and options are wrong usage", async () => {
    expect(await failure(["nonsense"])).toEqual({ code: 2, error: "usage" });
    expect(await failure(["ls", "--nonsense"])).toEqual({ code: 2, error: "usage" });
    expect(await failure(["view"])).toEqual({ code: 2, error: "usage" });
  });

  test.each(["request", "member", "namespace", "peer", "daemon", "notices"])(
    "%s is not there yet",
    async (command) => {
      expect(await failure([command, "list", "--all"])).toEqual({ code: 2, error: "not-yet" });
    },
  );

  test("a folder without a space", async () => {
    const { code, stderr } = await space.try(["ls"], { cwd: newFolder() });
    expect(code).toBe(1);
    expect(stderr).toContain("darklang init");
  });
});

test.each(
  "import export save edit view ls search resolve refs rm mv deprecate undo log diff branch rebase merge status doctor".split(
    " ",
  ),
)("%s --help has an example and fits a terminal", async (command) => {
  const { stdout, stderr, code } = await space.try([command, "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(new RegExp(`Examples?:\\n(.*\\n)* .*darklang ${command}`));
  expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

test("the help of what stands below `conflicts` does not repeat its filters", async () => {
  const help = async (command: string) => (await space.try(["conflicts", command, "--help"])).stdout;
  expect(await help("show")).not.toContain("--kind");
  expect(await help("show")).toContain("--space <dir>");
  expect((await help("resolve")).split("--kind <kind>")).toHaveLength(2);
});

describe("doctor", () => {
  test("finds nothing wrong with a sound space", async () => {
    await space.save("Acme.Math.add", "let add = 1L");
    expect(await space.ask("doctor")).toMatchObject({ ok: true, problems: [] });
  });

  const damages: readonly (readonly [string, string, (database: string) => void])[] = [
    ["garbage", "database-corrupt", (path) => writeFileSync(path, "nonsense ".repeat(10_000))],
    ["an empty file", "database-corrupt", (path) => truncateSync(path, 0)],
    ["half a file", "database-corrupt", (path) => truncateSync(path, readFileSync(path).length / 2)],
    ["no file", "database-missing", (path) => rmSync(path)],
  ];

  test.each(damages)(
    "names %s in place of the database, and overwrites nothing",
    async (_name, error, damage) => {
      const dir = join(space.folder, ".darklang");
      const database = join(dir, "space.db");
      damage(database);
      const left = () => readdirSync(dir).filter((name) => name.startsWith("space.db"));
      const before = { files: left(), bytes: left().map((name) => readFileSync(join(dir, name), "hex")) };
      const { code, json, stderr } = await space.try(["doctor", "--json"]);
      expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
      expect(json).toMatchObject({ ok: false, sync: null });
      expect((json.problems as { code: string; hint: string }[])[0]).toMatchObject({ code: error });
      for (const args of [["view", "Acme.Math.add"], ["save", "Acme.Math.add"], ["status"]])
        expect(await failure(args, "let add = 1L")).toEqual({ code: 1, error });
      expect({ files: left(), bytes: left().map((name) => readFileSync(join(dir, name), "hex")) }).toEqual(
        before,
      );
    },
  );

  test("sees that others can read the key, and that it is missing", async () => {
    const key = join(space.folder, ".darklang", "device.key");
    chmodSync(key, 0o644);
    const open = await space.try(["doctor", "--json"]);
    expect(open.code).toBe(1);
    expect(open.json).toMatchObject({ ok: false, problems: [{ code: "key-mode" }] });
    rmSync(key);
    expect((await space.try(["doctor", "--json"])).json).toMatchObject({
      problems: [{ code: "key-missing" }],
    });
    expect(await failure(["save", "Acme.Math.add"], "let add = 1L")).toEqual({
      code: 1,
      error: "key-missing",
    });
  });

  test.each([
    ["a text", "bad-text", "update text set tail = tail || ' '"],
    ["a change", "bad-change", "update unsigned_change set bytes = zeroblob(40)"],
    ["what a location shows", "fold-differs", "update register set is_listed = 0 where type = 0"],
    ["a lost queue", "queue-gap", "delete from sync_queue"],
  ])("finds %s that rotted unseen", async (_name, error, sql) => {
    await space.save("Acme.Math.add", "let add = 1L");
    const database = new Database(join(space.folder, ".darklang", "space.db"));
    database.exec(sql);
    database.close();
    const { code, json } = await space.try(["doctor", "--json"]);
    expect(code).toBe(1);
    expect((json.problems as { code: string }[]).map((problem) => problem.code)).toContain(error);
  });
});

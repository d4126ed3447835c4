import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { newFolder, newSpace, type TestSpace } from "../support/space.js";

const sampleTree = join(import.meta.dirname, "../fixtures/sample-tree");

let space: TestSpace;

beforeEach(async () => {
  space = await newSpace();
});

function writeFiles(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = newFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

function readFiles(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, "latin1")]),
  );
}

describe("import and export", () => {
  test("give the same bytes back", async () => {
    const source = newFolder();
    cpSync(sampleTree, source, { recursive: true, filter: (path) => !path.endsWith(".md") });
    const imported = await space.ask("import", source);
    expect(imported).toMatchObject({ updated: 0, unchanged: 0, skipped: [] });
    const target = join(newFolder(), "out");
    const exported = await space.ask("export", target);
    expect(exported).toMatchObject({ definitions: imported.added });
    expect(readFiles(target)).toEqual(readFiles(source));
  });

  test("keep a byte order mark, carriage returns and a missing last line break", async () => {
    const source = writeFiles({
      "a.dark": "\uFEFFmodule Acme.A\r\n\r\n/// One.\r\nlet one = 1L\r\n\r\n\r\nlet two = 2L",
      "deep/er/b.dark": "// loose\nmodule Acme.B\n\nmodule Inner =\n  let three =\n    3L\n",
    });
    await space.do("import", source);
    const target = newFolder();
    await space.do("export", target);
    expect(readFiles(target)).toEqual(readFiles(source));
  });

  test("again is no change; an edit lands in its place", async () => {
    const source = writeFiles({ "a.dark": "module Acme.A\n\nlet one = 1L\n\n// between\nlet two = 2L\n" });
    await space.do("import", source);
    expect(await space.ask("import", source)).toMatchObject({
      added: 0,
      updated: 0,
      unchanged: 2,
      skipped: [],
    });
    await space.save("Acme.A.one", "let one = 1L + 0L");
    const target = newFolder();
    await space.do("export", target);
    expect(readFiles(target)).toEqual({
      "a.dark": "module Acme.A\n\nlet one = 1L + 0L\n\n// between\nlet two = 2L\n",
    });
    writeFileSync(join(target, "a.dark"), "module Acme.A\n\nlet one = 5L\n\nlet two = 2L\n");
    expect(await space.ask("import", target)).toMatchObject({ added: 0, updated: 1, unchanged: 1 });
  });
});

describe("import", () => {
  test("says what it left out, and why", async () => {
    const source = writeFiles({
      "good.dark": "module Acme.Good\n\nlet one = 1L\n",
      "_private/a.dark": "module Acme.P\n\nlet a = 1L\n",
      "my_file.dark": "module Acme.P\n\nlet b = 1L\n",
      "latin1.dark": Uint8Array.from([0x6d, 0xe9, 0x0a]),
      "binary.dark": Uint8Array.from([0, 1, 2, 3]),
      "bad.dark": "module Acme.Bad\n\nlet one = (\n\nlet two = 2L\n",
      "again.dark": "module Acme.Good\n\nlet one = 3L\n",
      "notes.txt": "no definitions",
      ".git/config.dark": "module Acme.G\n\nlet one = 1L\n",
    });
    symlinkSync("/nowhere/at/all", join(source, "gone.dark"));
    const { skipped, ...counts } = await space.ask("import", source);
    expect(counts).toMatchObject({ added: 2, updated: 0, unchanged: 0 });
    expect(skipped).toEqual([
      { file: "_private/a.dark", line: 1, reason: "a part of its path has an underscore" },
      { file: "binary.dark", line: 1, reason: "it is a binary file, not text" },
      { file: "gone.dark", line: 1, reason: "it cannot be read (ENOENT)" },
      { file: "latin1.dark", line: 1, reason: "it is not valid UTF-8" },
      { file: "my_file.dark", line: 1, reason: "a part of its path has an underscore" },
      { file: "bad.dark", line: 3, reason: "`(` is never closed" },
      { file: "good.dark", line: 3, reason: "Acme.Good.one is defined in again.dark already" },
    ]);
  });

  test("prints at most twenty of them", async () => {
    const bad = Array.from({ length: 30 }, (_, index) => `let b${index} = (`).join("\n");
    const source = writeFiles({ "a.dark": `module Acme.A\n\nlet one = 1L\n${bad}\n` });
    const { stdout, code } = await space.try(["import", source]);
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((line) => /^ {2}a\.dark:\d+ /.test(line))).toHaveLength(20);
    expect(stdout).toMatch(/and \d+ more: --json lists all/);
  });

  test("takes a file by its base name, and refuses paths that are not there", async () => {
    const source = writeFiles({ "deep/a.dark": "module Acme.A\n\nlet one = 1L\n" });
    expect((await space.do("import", join(source, "deep/a.dark"))).stdout).toBe(
      "1 added, 0 updated, 0 unchanged, from 1 file.\n",
    );
    const target = newFolder();
    await space.do("export", target);
    expect(Object.keys(readFiles(target))).toEqual(["a.dark"]);
    const missing = await space.try(["import", join(source, "nothing"), "--json"]);
    expect(missing.code).toBe(1);
    expect(missing.json.error).toMatchObject({ code: "no-such-file" });
  });

  test("fails when nothing at all came in", async () => {
    const source = writeFiles({ "binary.dark": Uint8Array.from([0, 1, 2, 3]) });
    expect((await space.try(["import", source])).code).toBe(1);
  });

  test("takes in a file that is too large for one change in parts, and refuses what is too large itself", async () => {
    const large = (name: string, size: number) => `let ${name} = "${"x".repeat(size)}"\n`;
    const source = writeFiles({
      "a.dark": `module Acme.A\n\n${large("one", 400_000)}${large("two", 400_000)}let three = 3L\n${large("four", 600_000)}`,
    });
    const { added, skipped } = await space.ask("import", source);
    expect(added).toBe(3);
    expect(skipped).toMatchObject([
      { file: "a.dark", line: 6, reason: expect.stringContaining("512 KiB") },
      { file: "a.dark", reason: expect.stringContaining("the layout is larger") },
    ]);
    expect(((await space.ask("doctor")) as { ok: boolean }).ok).toBe(true);
  });
});

describe("export", () => {
  test("leaves a folder alone that has something else in it", async () => {
    await space.save("Acme.A.one", "let one = 1L");
    const target = writeFiles({ "precious.txt": "mine" });
    const refused = await space.try(["export", target]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("precious.txt");
    expect(readFiles(target)).toEqual({ "precious.txt": "mine" });
  });

  test("writes over an earlier export, but not over what somebody changed there, and deletes nothing", async () => {
    await space.save("Acme.A.one", "let one = 1L");
    await space.save("Acme.B.two", "let two = 2L");
    const target = newFolder();
    await space.do("export", target);
    const files = Object.keys(readFiles(target)).sort();
    await space.save("Acme.A.one", "let one = 11L");
    await space.do("rm", "Acme.B.two");
    const again = await space.do("export", target);
    expect(again.stdout).toContain("1 file of an earlier export written over");
    expect(again.stdout).toContain("left there");
    expect(Object.keys(readFiles(target)).sort()).toEqual(files);
    const first = files[0] ?? "";
    writeFileSync(join(target, first), "mine");
    const refused = await space.try(["export", target]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(first);
    expect(readFiles(target)[first]).toBe("mine");
  });

  test("does not follow a link out of its folder", async () => {
    const source = writeFiles({ "sub/a.dark": "module Acme.A\n\nlet one = 1L\n" });
    await space.do("import", source);
    const target = newFolder();
    await space.do("export", target);
    const outside = newFolder();
    const linked = newFolder();
    symlinkSync(outside, join(linked, "sub"));
    const refused = await space.try(["export", linked]);
    expect(refused.code).toBe(1);
    expect(readFiles(outside)).toEqual({});
  });

  test("of an empty space is an empty folder", async () => {
    const target = join(newFolder(), "new");
    expect(await space.ask("export", target)).toMatchObject({ files: 0, definitions: 0 });
    expect(readFiles(target)).toEqual({});
  });
});

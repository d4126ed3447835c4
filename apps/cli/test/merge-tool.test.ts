import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { mergeInTool } from "../src/merge-tool.js";
import { mergeToolCommand } from "../src/merge-tool-command.js";

let folder = "";

// What is left behind is seen, since nobody else writes there.
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "darklang-test-"));
  vi.stubEnv("TMPDIR", folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const texts = { base: "let a = 1", mine: "let a = 2", theirs: "let a = 3" };

/** The path of the text that a hint says was kept. */
function keptPath(hint: string): string {
  const path = /What you merged is in (.*)$/.exec(hint)?.[1];
  if (path === undefined) throw new Error(`no path in: ${hint}`);
  return path;
}

describe("a merge tool", () => {
  test("gets the texts in files by git's names, and its result is taken", async () => {
    const all = `'${folder}/all'`;
    const command = `cat "$LOCAL" "$BASE" "$REMOTE" "$MERGED" | sed 's/^[<|>=]/!/' > ${all}; mv ${all} "$MERGED"`;
    const merged = await mergeInTool(command, texts, "a");
    expect(merged).toEqual({
      ok: true,
      value: [
        "let a = 2\nlet a = 1\nlet a = 3\n",
        "!<<<<<< LOCAL\nlet a = 2\n!|||||| BASE\nlet a = 1\n!======\nlet a = 3\n!>>>>>> REMOTE\n",
      ].join(""),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is in a folder that only this user can read, and that is gone afterwards", async () => {
    const command = `ls -ld "$(dirname "$MERGED")" | cut -c 1-10 > '${folder}/mode'; false`;
    await mergeInTool(command, texts, "a");
    expect(readFileSync(join(folder, "mode"), "utf8")).toBe("drwx------\n");
    expect(readdirSync(folder)).toEqual(["mode"]);
  });

  test("that ends with a code settles nothing, and what was written is kept, for this user alone", async () => {
    const merged = await mergeInTool('echo "half of it" > "$MERGED"; exit 3', texts, "``my name``/..");
    if (merged.ok) throw new Error("a failure was taken");
    expect(merged.problem).toMatchObject({
      code: "merge-tool-failed",
      message: expect.stringContaining("code 3"),
    });
    const path = keptPath(merged.problem.hint);
    expect(readFileSync(path, "utf8")).toBe("half of it\n");
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test("that leaves markers settles nothing, and the text is kept", async () => {
    const merged = await mergeInTool('echo "// seen" >> "$MERGED"', texts, "a");
    if (merged.ok) throw new Error("markers were taken");
    expect(merged.problem.code).toBe("merge-markers");
    expect(readFileSync(keptPath(merged.problem.hint), "utf8")).toContain("=======\nlet a = 3\n");
  });

  test("that saves nothing settles nothing, with markers or without", async () => {
    expect(await mergeInTool("true", texts, "a")).toMatchObject({ problem: { code: "merge-unchanged" } });
    const clean = { ...texts, theirs: null };
    expect(await mergeInTool("true", clean, "a")).toMatchObject({ problem: { code: "merge-unchanged" } });
    expect(await mergeInTool('touch "$MERGED"', clean, "a")).toEqual({ ok: true, value: "let a = 2\n" });
    expect(await mergeInTool('rm "$MERGED"', texts, "a")).toMatchObject({
      problem: { code: "merge-unchanged" },
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("works on a definition whose name is too long for a file", async () => {
    const name = "長い".repeat(200);
    expect(await mergeInTool('echo "let a = 4" > "$MERGED"', texts, name)).toMatchObject({ ok: true });
  });

  test("that is not there, or writes no text, is told", async () => {
    const absent = await mergeInTool('no-such-merge-tool "$MERGED" 2>/dev/null', texts, "a");
    expect(absent).toMatchObject({ problem: { message: expect.stringContaining("was not found") } });
    const binary = await mergeInTool(String.raw`printf 'a\000b' > "$MERGED"`, texts, "a");
    if (binary.ok) throw new Error("a binary file was taken");
    expect(binary.problem.code).toBe("not-text");
    expect(existsSync(keptPath(binary.problem.hint))).toBe(true);
  });
});

describe("the merge tool to use", () => {
  function setGit(settings: string): void {
    writeFileSync(join(folder, "gitconfig"), settings);
    vi.stubEnv("GIT_CONFIG_GLOBAL", join(folder, "gitconfig"));
    vi.stubEnv("GIT_CONFIG_NOSYSTEM", "1");
    // Not what the repository around the tests is set to.
    vi.stubEnv("GIT_DIR", folder);
    vi.stubEnv("DARKLANG_MERGETOOL", undefined);
  }

  test("is $DARKLANG_MERGETOOL first: a command, or a tool that is known by name", () => {
    setGit("[merge]\n  tool = meld");
    vi.stubEnv("DARKLANG_MERGETOOL", 'mine "$MERGED"');
    expect(mergeToolCommand()).toBe('mine "$MERGED"');
    vi.stubEnv("DARKLANG_MERGETOOL", "code");
    expect(mergeToolCommand()).toBe('code --wait --merge "$REMOTE" "$LOCAL" "$BASE" "$MERGED"');
  });

  test("is git's: its own command before the one that is known", () => {
    setGit('[merge]\n  tool = kdiff3\n[mergetool "kdiff3"]\n  cmd = my-kdiff \\"$MERGED\\"');
    expect(mergeToolCommand()).toBe('my-kdiff "$MERGED"');
    setGit("[merge]\n  tool = vimdiff");
    expect(mergeToolCommand()).toMatch(/^vim .*"\$MERGED"$/);
  });

  test("is none where nothing is set up, the tool is unknown, or there is no git", () => {
    setGit("");
    expect(mergeToolCommand()).toBeNull();
    setGit("[merge]\n  tool = unheard-of");
    expect(mergeToolCommand()).toBeNull();
    setGit("[merge]\n  tool = meld");
    vi.stubEnv("PATH", folder);
    expect(mergeToolCommand()).toBeNull();
  });
});

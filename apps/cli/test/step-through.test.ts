import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { askChoice, type RefusedText, type StepChoice, type StepConflict } from "../src/step-through.js";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "darklang-test-"));
  vi.stubEnv("TMPDIR", folder);
  vi.stubEnv("VISUAL", undefined);
  vi.stubEnv("DARKLANG_MERGETOOL", `sed -i '/^[<|>=]/d' "$MERGED"`);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A command that takes the markers out of a file. */
function withoutMarkers(file: string): string {
  return `grep -v '^[<|=>]' "${file}" > ${folder}/clean; cat ${folder}/clean > "${file}"`;
}

/** An editor that runs this script on the file. */
function setEditor(script: string): void {
  const path = join(folder, "editor");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  vi.stubEnv("EDITOR", path);
}

const heads = [
  { author: "Ada", time: null, source: "let rate = 2", isMine: true, location: "Acme.rate", moved: null },
  { author: "Bob", time: null, source: "let rate = 3", isMine: false, location: "Acme.rate", moved: null },
];
const conflict: StepConflict = {
  id: "1f",
  kind: "edit-edit",
  location: "Acme.rate",
  heads,
  base: { source: "let rate = 1" },
  dependents: ["Acme.sum", "Acme.fee"],
  earlier: null,
};

/** What is chosen with these keys, and all that was printed. */
async function choose(
  keys: string,
  refused: RefusedText | null = null,
  about: StepConflict = conflict,
): Promise<{ readonly choice: StepChoice; readonly printed: string }> {
  const input = new PassThrough();
  const output = new PassThrough();
  const printed: string[] = [];
  output.on("data", (chunk: Buffer) => printed.push(chunk.toString()));
  vi.spyOn(process, "stdin", "get").mockReturnValue(input as never);
  vi.spyOn(process, "stdout", "get").mockReturnValue(output as never);
  for (const key of keys) input.write(key);
  const choice = await askChoice(about, { index: 2, count: 12 }, refused);
  vi.restoreAllMocks();
  return { choice, printed: printed.join("") };
}

describe("a conflict at the terminal", () => {
  test("is shown with its texts, then asked about", async () => {
    const { choice, printed } = await choose("t\r");
    expect(choice).toEqual({ type: "theirs" });
    expect(printed).toContain("3 of 12 · edit-edit · Acme.rate · used by 2\nYou and Bob changed it");
    expect(printed).toMatch(/~ let rate = 2 +│ {2}let rate = 1 +│~ let rate = 3\n/);
  });

  test("Ctrl-C stops", async () => {
    expect((await choose("t\u0003")).choice).toEqual({ type: "stop" });
  });

  test("the merge goes to the editor with markers, and comes back as the text to take", async () => {
    setEditor(`cp "$1" ${folder}/seen; echo "let rate = 5" > "$1"`);
    expect((await choose("e\r")).choice).toEqual({ type: "file", source: "let rate = 5\n" });
    expect(readFileSync(join(folder, "seen"), "utf8")).toBe(
      "<<<<<<< Ada\nlet rate = 2\n||||||| before both\nlet rate = 1\n=======\nlet rate = 3\n>>>>>>> Bob\n",
    );
  });

  test("of a dependency what uses the definition goes to the editor, and comes back as the text to take", async () => {
    setEditor(`cp "$1" ${folder}/seen; echo "let rate = 5" > "$1"`);
    const changer = heads.map((head) => (head.isMine ? head : { ...head, location: "Acme.base" }));
    const { choice } = await choose("e\r", null, { ...conflict, kind: "dependency", heads: changer });
    expect(choice).toEqual({ type: "file", source: "let rate = 5\n" });
    expect(readFileSync(join(folder, "seen"), "utf8")).toBe("let rate = 2\n");
  });

  test("a text with markers left is not taken: the person goes on with it", async () => {
    setEditor(`if grep -q begun "$1"; then ${withoutMarkers("$1")}; else echo "// begun" >> "$1"; fi`);
    const { choice, printed } = await choose("e\re\r");
    expect(printed).toContain("error: there are conflict markers left in your text\n");
    expect(choice).toEqual({ type: "file", source: "let rate = 2\nlet rate = 1\nlet rate = 3\n// begun\n" });
  });

  test("a text that was left as it was, or an editor that failed, is told and asked again", async () => {
    setEditor("true");
    const unchanged = await choose("e\rs\r");
    expect(unchanged.choice).toEqual({ type: "skip" });
    expect(unchanged.printed).toContain("The text was not changed.");
    setEditor('echo "half" >> "$1"; exit 3');
    const failed = await choose("e\rq\r");
    expect(failed.choice).toEqual({ type: "stop" });
    const [, path = ""] =
      /ended with code 3: nothing was saved\nhint: What you wrote is in (.*)\n/.exec(failed.printed) ?? [];
    expect(readFileSync(path, "utf8")).toContain("half\n");
  });

  test("a text that the caller refused is edited again, and kept where the person leaves it", async () => {
    const refused = { source: "let rate =", problem: { code: "x", message: "no value", hint: "Write one." } };
    setEditor('echo "$(cat "$1") 7" > "$1"');
    const again = await choose("\r", refused);
    expect(again.choice).toEqual({ type: "file", source: "let rate = 7\n" });
    expect(again.printed).toContain("error: no value\nhint: Write one.\n");
    expect(again.printed).not.toContain("3 of 12");
    const left = await choose("s\r", refused);
    const [, path = ""] = /Your text is kept in (.*)\n/.exec(left.printed) ?? [];
    expect(readFileSync(path, "utf8")).toBe("let rate =");
  });

  test("the merge tool's result is taken; where it fails it is told and asked again", async () => {
    const source = "let rate = 2\nlet rate = 1\nlet rate = 3\n";
    expect((await choose("g\r")).choice).toEqual({ type: "file", source });
    vi.stubEnv("DARKLANG_MERGETOOL", "exit 4");
    const { choice, printed } = await choose("g\rm\r");
    expect(choice).toEqual({ type: "mine" });
    expect(printed).toContain("error: the merge tool ended with code 4: nothing was settled\n");
  });
});

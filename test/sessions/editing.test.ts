import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { editorOf, newSpace, type TestSpace } from "../support/space.js";

const add = "let add (a: Int64) (b: Int64) : Int64 =\n  a + b";
const swapped = "let add (a: Int64) (b: Int64) : Int64 =\n  b + a";

let space: TestSpace;

beforeEach(async () => {
  space = await newSpace();
});

function view(location: string, ...options: string[]): Promise<Record<string, unknown>> {
  return space.ask("view", location, ...options).then(({ definition }) => definition as never);
}

describe("save", () => {
  test("brings a definition, and says so", async () => {
    const saved = await space.save("Acme.Math.add", `${add}\n`);
    expect(saved.stdout).toMatch(/^Saved Acme\.Math\.add \(fn [0-9a-f]{12}\)\.\n$/);
    expect(saved.stderr).toBe("");
    expect(await view("Acme.Math.add")).toMatchObject({
      location: "Acme.Math.add",
      kind: "fn",
      source: add,
      doc: "",
      mark: "local",
      conflict: null,
      merged: false,
    });
  });

  test("answers scripts with the hash and the change", async () => {
    const { json } = await space.try(["save", "Acme.Math.add", "--json"], { input: add });
    expect(json).toMatchObject({ location: "Acme.Math.add", kind: "fn" });
    expect(json.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(json.change).toMatch(/^[0-9a-f]{64}$/);
    expect(json.sync).toMatchObject({ state: "never", pending: 2, conflicts: 0, lastSyncedAt: null });
  });

  test("of the same text changes nothing", async () => {
    const first = (await space.try(["save", "Acme.Math.add", "--json"], { input: add })).json;
    const again = (await space.try(["save", "Acme.Math.add", "--json"], { input: `\n${add}\n\n` })).json;
    expect(again).toEqual({ ...first, unchanged: true });
  });

  test("keeps documentation with its definition", async () => {
    await space.save("Acme.Math.add", `/// Adds.\n/// Twice.\n${add}`);
    expect(await view("Acme.Math.add")).toMatchObject({
      doc: "Adds.\nTwice.",
      source: `/// Adds.\n/// Twice.\n${add}`,
    });
  });

  test("reads a file, and what `view` printed comes back unchanged", async () => {
    await space.save("Acme.Math.add", add);
    const { stdout, stderr } = await space.do("view", "Acme.Math.add");
    expect(stdout).toBe(`${add}\n`);
    expect(stderr).toMatch(/^fn · [0-9a-f]{12} · \+ local\n$/);
    const again = await space.try(["save", "Acme.Math.add"], { input: stdout });
    expect(again.stdout).toContain("unchanged");
  });
});

describe("edit", () => {
  test("saves what the editor wrote, and leaves no file behind", async () => {
    await space.save("Acme.Math.add", add);
    const editor = editorOf(space.folder, `fs.writeFileSync(path, ${JSON.stringify(swapped)});`);
    const edited = await space.try(["edit", "Acme.Math.add"], { env: { VISUAL: editor } });
    expect(edited).toMatchObject({ code: 0, stderr: "" });
    expect(await view("Acme.Math.add")).toMatchObject({ source: swapped });
    expect(readdirSync(join(space.folder, ".darklang")).filter((name) => name.startsWith("edit"))).toEqual(
      [],
    );
  });

  test("gives the editor a file with the name of the definition, and a template for a new one", async () => {
    const editor = editorOf(
      space.folder,
      `fs.writeFileSync("seen", path + "\\n" + fs.readFileSync(path, "utf8"));`,
    );
    const edited = await space.try(["edit", "Acme.Math.twice", "--json"], {
      env: { VISUAL: undefined, EDITOR: editor },
    });
    expect(edited.json).toMatchObject({ unchanged: true });
    const [path, ...template] = readFileSync(join(space.folder, "seen"), "utf8").split("\n");
    expect(path).toMatch(/twice\.dark$/);
    expect(template.join("\n")).toContain("let twice ");
    expect((await space.ask("ls")).items).toEqual([]);
  });

  test("loses no text that cannot be saved", async () => {
    await space.save("Acme.Math.add", add);
    const editor = editorOf(space.folder, `fs.writeFileSync(path, "let add (a: ");`);
    const edited = await space.try(["edit", "Acme.Math.add"], { env: { VISUAL: editor } });
    expect(edited.code).toBe(1);
    const kept = /--file (\S+)/.exec(edited.stderr)?.[1] ?? "";
    expect(readFileSync(kept, "utf8")).toBe("let add (a: ");
    expect(await view("Acme.Math.add")).toMatchObject({ source: add });
  });

  test("keeps both versions when the definition was changed meanwhile", async () => {
    await space.save("Acme.Math.add", add);
    const darklang = join(import.meta.dirname, "../../apps/cli/bin/darklang.js");
    const editor = editorOf(
      space.folder,
      `spawnSync(process.execPath, [${JSON.stringify(darklang)}, "save", "Acme.Math.add"], { input: ${JSON.stringify(swapped)} });
      fs.appendFileSync(path, "  + 0L\\n");`,
    );
    const edited = await space.try(["edit", "Acme.Math.add"], { env: { VISUAL: editor } });
    expect(edited.code).toBe(0);
    expect(edited.stdout).toContain("changed meanwhile");
    const definition = await view("Acme.Math.add");
    expect(definition).toMatchObject({ mark: "conflict" });
    expect(definition.conflict).toMatch(/^[0-9a-f]{64}$/);
    const viewed = await space.do("view", "Acme.Math.add");
    expect(viewed.stderr).toContain("one of 2 versions");
    expect(viewed.stderr).toContain(`darklang conflicts show ${String(definition.conflict).slice(0, 12)}`);
    expect((await space.save("Acme.Math.add", add)).stdout).toContain("settles its conflict");
    expect(await view("Acme.Math.add")).toMatchObject({ mark: "local", conflict: null, source: add });
  });

  test("says what is wrong with the editor", async () => {
    const failed = await space.try(["edit", "Acme.Math.add"], { env: { VISUAL: "false" } });
    expect(failed).toMatchObject({ code: 1, stdout: "" });
    expect(failed.stderr).toContain("the editor ended with code 1");
    const none = await space.try(["edit", "Acme.Math.add"], {
      env: { VISUAL: undefined, EDITOR: undefined },
    });
    expect(none.code).toBe(2);
  });

  test("Ctrl-C while the editor has the terminal ends the editor, and tells where the text is", async () => {
    const half = 'echo half > "$1"';
    // A terminal would send it to both.
    const editor = `interrupted() { ${half}; kill -INT $PPID; return 130; }; interrupted`;
    const { code, stderr } = await space.try(["edit", "Acme.Math.add"], { env: { VISUAL: editor } });
    expect(code).toBe(1);
    const [, path = ""] = /code 130: nothing was saved\nhint: What you wrote is in (.*)\n/.exec(stderr) ?? [];
    expect(readFileSync(path, "utf8")).toBe("half\n");
  });
});

describe("taking back", () => {
  test("undo brings back what was there, and a second undo takes that back", async () => {
    await space.save("Acme.Math.add", add);
    await space.save("Acme.Math.add", swapped);
    const { change } = await space.ask("undo");
    expect(change).toMatch(/^[0-9a-f]{64}$/);
    expect(await view("Acme.Math.add")).toMatchObject({ source: add });
    await space.do("undo");
    expect(await view("Acme.Math.add")).toMatchObject({ source: swapped });
  });

  test("undo of a named change, but not of one that was built on", async () => {
    const first = (await space.try(["save", "Acme.Math.add", "--json"], { input: add })).json
      .change as string;
    await space.save("Acme.Math.two", "let two = 2L");
    await space.do("undo", first.slice(0, 10));
    expect((await space.ask("ls")).items).toMatchObject([{ location: "Acme.Math.two" }]);
    const again = await space.try(["undo", first]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("changed again since");
  });

  test("there is nothing to undo in a new space", async () => {
    const { code, json } = await space.try(["undo", "--json"]);
    expect(code).toBe(1);
    expect(json.error).toMatchObject({ code: "nothing-to-undo" });
  });

  test("rm and undo", async () => {
    await space.save("Acme.Math.add", add);
    await space.save("Acme.Math.two", "let two = add 1L 1L");
    const removed = await space.do("rm", "Acme.Math.add");
    expect(removed.stdout).toContain("1 definition still mentions it: Acme.Math.two");
    expect((await space.try(["view", "Acme.Math.add"])).stderr).toContain("It was removed");
    await space.do("undo");
    expect(await view("Acme.Math.add")).toMatchObject({ source: add });
  });
});

describe("mv", () => {
  test("keeps hash and history, and tells who mentions the old name", async () => {
    await space.save("Acme.Math.add", add);
    await space.save("Acme.Math.two", "let two = add 1L 1L");
    const { hash } = await view("Acme.Math.add");
    const moved = await space.do("mv", "Acme.Math.add", "Acme.Sums.plus");
    expect(moved.stdout).toContain("1 definition still mentions Acme.Math.add: Acme.Math.two");
    expect(await view("Acme.Sums.plus")).toMatchObject({ hash, source: add.replace("add", "plus") });
    expect((await space.try(["view", "Acme.Math.add"])).stderr).toContain("It was moved to Acme.Sums.plus");
    const { changes } = await space.ask("log", "Acme.Sums.plus");
    expect(changes).toHaveLength(2);
  });

  test("an undone move is a move back", async () => {
    await space.save("Acme.Math.add", add);
    await space.do("mv", "Acme.Math.add", "Acme.Math.plus");
    await space.do("undo");
    expect((await space.try(["view", "Acme.Math.plus"])).stderr).toContain("It was moved to Acme.Math.add");
    expect(await view("Acme.Math.add")).toMatchObject({ source: add });
  });

  test("refuses what is taken, the same, or another owner's", async () => {
    await space.save("Acme.Math.add", add);
    await space.save("Acme.Math.two", "let two = 2L");
    expect((await space.try(["mv", "Acme.Math.add", "Acme.Math.two"])).code).toBe(1);
    expect((await space.try(["mv", "Acme.Math.add", "Acme.Math.add"])).code).toBe(2);
    expect((await space.try(["mv", "Acme.Math.add", "Stripe.Math.add"])).code).toBe(1);
    expect((await space.try(["mv", "Acme.Math.add", "add"])).code).toBe(2);
  });
});

test("deprecate and take it back", async () => {
  await space.save("Acme.Math.add", add);
  expect((await space.ask("deprecate", "Acme.Math.add", "--message", "use plus")).change).toMatch(
    /^[0-9a-f]{64}$/,
  );
  expect((await space.do("view", "Acme.Math.add")).stderr).toContain("Deprecated: use plus");
  await space.do("deprecate", "Acme.Math.add", "--undo");
  expect(await view("Acme.Math.add")).toMatchObject({ deprecation: null });
  const again = await space.try(["deprecate", "Acme.Math.add", "--undo"]);
  expect(again).toMatchObject({ code: 1 });
});

import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../support/cli.js";
import { startRelay } from "../support/relay.js";
import { newFolder, newSpace } from "../support/space.js";

test("a copy of one owner's packages says what it does not keep, and takes no edits of it", async () => {
  const space = await newSpace();
  await space.save("Acme.one", "let one = 1L");
  await space.save("Other.two", "let two = 2L");
  const relay = await startRelay(newFolder());
  try {
    await space.do("sync", "--relay", relay.url);
    const copy = join(newFolder(), "copy");
    const joined = await run(["join", relay.url, copy, "--as", "Bob", "--only", "Acme", "--json"], {
      cwd: newFolder(),
    });
    expect(joined.code).toBe(0);
    const inCopy = (args: readonly string[], input?: string) =>
      run([...args, "--json"], input === undefined ? { cwd: copy } : { cwd: copy, input });
    expect((await inCopy(["view", "Acme.one"])).json.definition).toMatchObject({ source: "let one = 1L" });
    for (const [args, input] of [
      [["view", "Other.two"], undefined],
      [["save", "Other.two"], "let two = 3L"],
      [["save", "Other.three"], "let three = 3L"],
    ] as const) {
      const refused = await inCopy(args, input);
      expect(refused.code).toBe(1);
      expect(refused.json.error).toMatchObject({ code: "not-kept" });
    }
  } finally {
    await relay.stop();
  }
});

test("saving into an owner that nobody has is told, and one that cannot be is refused", async () => {
  const space = await newSpace();
  expect((await space.save("Acne.one", "let one = 1L")).stdout).toContain("Acne is a new owner namespace.");
  expect((await space.save("Acme.one", "let one = 1L")).stdout).not.toContain("new owner");
  const refused = await space.try(["save", "acme.one", "--json"], { input: "let one = 1L" });
  expect(refused.code).toBe(2);
  expect(refused.json.error).toMatchObject({ code: "bad-location" });
});

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../support/cli.js";
import { runRelay } from "../support/relay.js";
import { newSpace } from "../support/space.js";
import { Teammate, testFolder, testRelay } from "../support/team.js";

test("diff says that the relay has everything only where nothing waits", async () => {
  const space = await newSpace();
  const claim = "The relay has everything";
  expect((await space.do("diff")).stderr).not.toContain(claim);
  expect((await space.do("diff", "Acme.nowhere")).stderr).not.toContain(claim);
  await space.save("Acme.one", "let one = 1L");
  await space.do("undo");
  expect((await space.do("diff")).stderr).not.toContain(claim);
});

test("an owner given twice is one; names that are none are shown as they came", async () => {
  const folder = testFolder();
  const made = await run(["--json", "init", "a", "--as", "Ada", "--owner", "Acme", "--owner", "Acme"], {
    cwd: folder,
  });
  expect(made.json).toMatchObject({ owners: ["Acme"] });
  const refused = await run(["init", "b", "--as", ""], { cwd: folder });
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error: "" is no name\nhint: A .*\.\n$/),
  });
});

test("what may have been meant is in the document too, and no command at all is told in words", async () => {
  expect((await run(["sttus", "--json"])).json.error).toMatchObject({ hint: "Did you mean status?" });
  expect((await run(["--json"])).json.error).toMatchObject({ message: "no command was given" });
});

test("a join that reaches nobody leaves no folder and says what to do", async () => {
  const folder = testFolder();
  const { code, json } = await run(["--json", "join", "http://127.0.0.1:1", "bob", "--as", "Bob"], {
    cwd: folder,
  });
  expect({ code, error: json.error }).toMatchObject({
    code: 1,
    error: { code: "relay-unreachable", hint: expect.stringContaining("Nothing was made") },
  });
  expect(existsSync(join(folder, "bob"))).toBe(false);
});

test("a copy of one owner's packages says so where another owner's are asked for", async () => {
  const folder = testFolder();
  const relay = await testRelay(join(folder, "relay"));
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  await ada.do("sync", "--relay", relay.url);
  const copy = join(folder, "copy");
  const joined = await run(["join", relay.url, copy, "--as", "Bob", "--only", "Acme", "--only", "Nobody"]);
  expect(joined.stdout).toContain("There is nothing of Nobody yet.");
  const pull = await run(["--space", copy, "--json", "queue", "pull", "Stripe.b"]);
  expect(pull.code).toBe(1);
  expect(pull.json.error).toMatchObject({ code: "not-kept", hint: expect.stringContaining("--only Stripe") });
});

test("a save that is on its way to a relay in reach is syncing, not offline", async () => {
  const folder = testFolder();
  const relay = await testRelay(join(folder, "relay"));
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  const file = join(folder, "a.dark");
  writeFileSync(file, "let a = 1L\n");
  expect(await ada.do("save", "Acme.a", "--file", file)).toMatchObject({
    sync: { state: "syncing", pending: 1 },
  });
});

test("a conflict is not settled with a file that is no text", async () => {
  const folder = testFolder();
  const relay = await testRelay(join(folder, "relay"));
  const [ada, bob] = [new Teammate("Ada", folder), new Teammate("Bob", folder)];
  await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  await ada.do("sync", "--relay", relay.url);
  await bob.join(relay.url);
  await ada.saveValue("Acme.a", 2);
  await bob.saveValue("Acme.a", 3);
  await ada.sync();
  expect(await bob.sync()).toMatchObject({ conflicts: 1 });
  const { conflicts } = await bob.do("conflicts");
  const id = (conflicts as { id: string }[])[0]?.id ?? "";
  const file = join(folder, "latin1.dark");
  writeFileSync(file, Uint8Array.from([...Buffer.from('let a = "'), 0xe9, 0x22]));
  for (const [name, code] of [
    [file, "not-text"],
    [join(folder, "none"), "no-such-file"],
  ] as const) {
    const refused = await bob.try("--json", "conflicts", "resolve", id, "--file", name);
    expect(refused.json.error).toMatchObject({ code });
  }
  expect((await bob.try("conflicts", "resolve", id, "--mine")).stdout).toContain("No conflicts remain.");
});

test("the relay says what to do after wrong usage too", async () => {
  for (const args of [["--bogus"], ["--port", "abc"], ["extra"]]) {
    const { code, stderr } = await runRelay(args);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: .+\nhint: .+\n$/),
    });
  }
});

test("a space that DARKLANG_SPACE names and that is not there is named", async () => {
  const { code, stderr } = await run(["status"], { env: { DARKLANG_SPACE: "/nowhere" } });
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("/nowhere") });
});

test("a name in other capitals, or with its beginning left out, is told before names that are merely alike", async () => {
  const space = await newSpace();
  for (const module of ["Aaa", "Bbb", "Ccc", "Ddd"])
    await space.save(`Acme.${module}.addAll`, "let addAll = 1L");
  await space.save("Acme.Math.add", "let add = 1L");
  for (const written of ["acme.math.add", "Math.add", "Acme.math.add"]) {
    const { stderr } = await space.try(["view", written]);
    expect(stderr, written).toContain("Did you mean Acme.Math.add");
  }
});

test("an import of a folder with no file of Darklang says so", async () => {
  const space = await newSpace();
  expect((await space.do("import", testFolder())).stdout).toContain("There is no .dark file in ");
});

test("a folder given for a file is called one", async () => {
  const space = await newSpace();
  expect((await space.try(["bundle", "apply", space.folder])).stderr).toContain("is a folder\nhint: ");
});

test("whoever asks is told why the last sync failed, until one has not", async () => {
  const folder = testFolder();
  const relay = await testRelay(join(folder, "relay"));
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  const said = async () => [(await ada.try("status")).stdout, (await ada.try("sync", "--status")).stdout];
  await relay.stop();
  expect((await ada.try("sync")).code).toBe(1);
  for (const words of await said())
    expect(words).toMatch(/^The last \w+ failed: the relay cannot be reached/m);
  await testRelay(join(folder, "relay"), relay.port);
  await ada.sync();
  for (const words of await said()) expect(words).not.toContain("failed:");
});

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeChange } from "@darksync/core/change";
import type { Op } from "@darksync/core/op/op";
import { sha256 } from "@darksync/node/crypto";
import { decodeChangeBundle, encodeChangeBundle } from "@darksync/runtime/replica/change-bundle";
import { expect, test } from "vitest";
import { Teammate, testFolder, testRelay } from "../support/team.js";

const program = fileURLToPath(new URL("../../apps/cli/bin/darklang.js", import.meta.url));

/** Two who are in one space: what Eve syncs, Ada pulls. */
async function team(): Promise<{ ada: Teammate; eve: Teammate }> {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const [ada, eve] = [new Teammate("Ada", folder), new Teammate("Eve", folder)];
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  await eve.join(relay.url);
  return { ada, eve };
}

/** Lets Eve sync a change that no client of ours would make, by way of a bundle of her own. */
async function syncForged(eve: Teammate, ops: readonly Op[], wallMs: number): Promise<void> {
  await eve.saveValue("Acme.thrown", 1);
  const { bundle } = await eve.do("sync", "--clear-queue");
  const read = decodeChangeBundle(sha256, new Uint8Array(readFileSync(String(bundle))));
  if (!read.ok) throw new Error(read.problem.message);
  const nonce = randomBytes(6).toString("hex");
  const bytes = encodeChange({ rules: 1, nonce, time: { wallMs, counter: 0 }, ops });
  const path = join(eve.folder, "forged");
  writeFileSync(path, encodeChangeBundle(sha256, { ...read.value, changes: [{ log: "main/Acme", bytes }] }));
  // No worker in the background, which might sync what is saved next.
  await eve.do("--offline", "bundle", "apply", path);
  await eve.sync();
}

function defineOps(location: string, tail: string): readonly Op[] {
  return [
    { type: "AddValue", head: "let ", tail },
    {
      type: "SetName",
      location,
      kind: "value",
      target: "previous op",
      movedFrom: null,
      supersedes: [],
    },
  ];
}

test("C4: a clock beyond all dates hides nothing: log, conflicts and the rest go on", async () => {
  const { ada, eve } = await team();
  for (const wallMs of [Number.MAX_SAFE_INTEGER, 8.64e15 + 1]) {
    await syncForged(eve, defineOps("Acme.late", ` = ${wallMs}L`), wallMs);
  }
  await ada.sync();
  const { changes } = await ada.do("log");
  expect(changes).toMatchObject([
    { author: "Eve", time: null, skewed: true },
    { author: "Eve", time: null, skewed: true },
    { author: "Eve", time: expect.stringMatching(/^20/) },
    { author: "Ada", time: expect.stringMatching(/^20/) },
  ]);
  const { conflicts } = await ada.do("conflicts");
  expect(conflicts).toMatchObject([{ location: "Acme.late", heads: [{ time: null }, { time: null }] }]);
  const [conflict] = conflicts as { id: string }[];
  for (const args of [
    ["log"],
    ["conflicts"],
    ["conflicts", "show", String(conflict?.id)],
    ["view", "Acme.late"],
  ])
    expect((await ada.try(...args)).code, args.join(" ")).toBe(0);
  const change = await ada.saveValue("Acme.mine", 1);
  const { changes: after } = await ada.do("log", "--limit", "1");
  expect(after).toMatchObject([{ id: change, skewed: false, time: expect.stringMatching(/^20/) }]);
});

// `script` of util-linux makes the terminal; other systems have another one.
const onLinux = test.skipIf(process.platform !== "linux");

onLinux(
  "what a teammate wrote does not drive the terminal, and scripts get it as it is (Linux only)",
  async () => {
    const { ada, eve } = await team();
    const [esc, bell, csi] = ["\u001b", "\u0007", "\u009b"];
    const hostile = `${esc}]0;owned${bell}${esc}[2J${esc}[8m${csi}31m`;
    const ops: readonly Op[] = [
      ...defineOps("Acme.evil", ` = "${hostile}"`),
      { type: "Deprecate", location: "Acme.evil", message: hostile, supersedes: [] },
      { type: "SetFile", path: "a.dark", skeleton: [], supersedes: [] },
    ];
    await syncForged(eve, ops, Date.now());
    await syncForged(eve, defineOps(`Acme.na${esc}[2Jme`, " = 1L"), Date.now());
    await syncForged(eve, defineOps("Acme.evil", ` = 2L // ${hostile}`), Date.now());
    await ada.sync();
    const { definition } = await ada.do("view", "Acme.evil");
    expect((definition as { deprecation: string }).deprecation).toBe(hostile);
    const [conflict] = (await ada.do("conflicts")).conflicts as { id: string }[];
    for (const args of ["view Acme.evil", "log", "ls", "search evil", `conflicts show ${conflict?.id}`]) {
      const command = `'${process.execPath}' '${program}' --space '${ada.folder}' --offline ${args}`;
      const shown = execFileSync("script", ["-qec", command, "/dev/null"], { encoding: "utf8" });
      // Beside the command's own colours: bold, dim, a few plain ones, and back.
      const rest = shown.split(esc).map((piece) => piece.replace(/^\[(?:[12]|22|3[1236]|39)m/, ""));
      expect(rest.filter((piece) => piece.startsWith("["))).toEqual([]);
      expect(rest.join("").replaceAll(/[\r\n\t]/g, ""), args).not.toMatch(/\p{Cc}/u);
    }
  },
);

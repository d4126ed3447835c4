import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readFacts } from "@darksync/runtime/replica/replica";
import { expect } from "vitest";
import { examineData } from "../../../apps/relay/src/doctor.js";
import { writeFiles } from "./files.js";
import { command, serve } from "./in-process.js";
import { type Moment, members, type Recording } from "./recording.js";
import { changeIds, claimedBlocks, readRelay, readSpace, viewOf } from "./space-reads.js";

/** What a crash may leave of a space that was being made: nothing was saved in it, and it says what to do. */
const unfinished: ReadonlySet<string> = new Set([
  "space-unfinished",
  "key-missing",
  "database-missing",
  "no-space-here",
]);

/** Puts the files of a moment into a folder, and sees that all is there and that both come to agree. */
export async function expectRecovery(root: string, recording: Recording, moment: Moment): Promise<void> {
  writeFiles(root, moment.files);
  await expectSound(root, recording, moment);
}

/**
 * Sees that what is in a folder is what a step may leave, with all that was confirmed, and that both come to agree.
 * `wasSynced`: what others had sent meanwhile may have come.
 */
export async function expectSound(
  root: string,
  recording: Recording,
  moment: Pick<Moment, "step">,
  wasSynced = false,
): Promise<void> {
  const spaces: string[] = [];
  for (const member of members) {
    const folder = join(root, member);
    if (!existsSync(folder)) continue;
    if (await isUnfinished(folder)) rmSync(folder, { recursive: true });
    else spaces.push(folder);
    expectHeld(recording, moment, member, folder, wasSynced);
  }
  for (const folder of spaces) await expectHealthy(folder);
  await expectAgreement(root, recording, spaces);
}

async function isUnfinished(folder: string): Promise<boolean> {
  const { code, json } = await command("--json", "--space", folder, "--offline", "status");
  if (code === 0) return false;
  const { error } = json as { error: { code: string; message: string } };
  if (!unfinished.has(error.code)) throw new Error(`${folder}: ${error.code} ${error.message}`);
  return true;
}

/** What had been confirmed is there, each change once; besides, only what the step under way was at. */
function expectHeld(
  { held }: Pick<Recording, "held">,
  { step }: Pick<Moment, "step">,
  member: string,
  folder: string,
  wasSynced: boolean,
): void {
  const before = new Set(held[step - 1]?.[member] ?? []);
  const after = new Set(held[step]?.[member] ?? []);
  const found = (existsSync(folder) ? readSpace(folder, changeIds) : null) ?? [];
  expect(new Set(found).size).toBe(found.length);
  const confirmed = [...before].filter((id) => after.has(id));
  const there = new Set(found);
  expect(confirmed.filter((id) => !there.has(id))).toEqual([]);
  if (wasSynced) return;
  // The ids of what a step makes differ each time that it is played.
  const added = found.filter((id) => !before.has(id));
  expect(added.length).toBeLessThanOrEqual([...after].filter((id) => !before.has(id)).length);
}

/** Neither `doctor` nor anything else finds something wrong. */
export async function expectHealthy(folder: string): Promise<void> {
  const { json } = await command("--json", "--space", folder, "doctor");
  expect(json.problems).toEqual([]);
}

/** What is said to be durable is with the relay, and syncing ends with everybody holding and showing the same. */
export async function expectAgreement(
  root: string,
  { port, limits }: Pick<Recording, "port" | "limits">,
  spaces: readonly string[],
): Promise<void> {
  const data = join(root, "relay");
  const { blocks } = readRelay(data);
  for (const folder of spaces) {
    const missing = (readSpace(folder, claimedBlocks) ?? []).filter((block) => !blocks.has(block));
    expect(missing).toEqual([]);
  }
  expect((await examineData(data, false)).problems).toEqual([]);
  const relay = await serve(data, port, limits);
  const linked = spaces.filter((folder) => (readSpace(folder, readFacts)?.relay ?? null) !== null);
  try {
    for (const folder of [...linked, ...linked]) await syncAll(folder);
    await relay.relay.sealed();
    expect(relay.failures).toEqual([]);
  } finally {
    await relay.close();
  }
  for (const folder of linked) await expectHealthy(folder);
  expect((await examineData(data, false)).problems).toEqual([]);
  const views = linked.map((folder) => readSpace(folder, viewOf));
  for (const view of views) expect(view).toEqual(views[0]);
  const { changes } = readRelay(data);
  expect(new Set(changes).size).toBe(changes.length);
  for (const folder of linked)
    expect((readSpace(folder, changeIds) ?? []).toSorted()).toEqual(changes.toSorted());
}

/** Syncs a space until nothing waits; what no relay takes is given up first. */
async function syncAll(folder: string): Promise<void> {
  await command("--json", "--space", folder, "offline", "off");
  const first = await command("--json", "--space", folder, "sync");
  if (first.code === 0) return expectSynced(first.json);
  expect(first.json).toMatchObject({ failed: 1 });
  await dropFailed(folder);
  const second = await command("--json", "--space", folder, "sync");
  expect(second.code, second.stderr).toBe(0);
  expectSynced(second.json);
}

function expectSynced(json: Record<string, unknown>): void {
  expect(json.sync).toMatchObject({ state: "synced", pending: 0, failed: 0 });
}

async function dropFailed(folder: string): Promise<void> {
  const { json } = await command("--json", "--space", folder, "queue");
  const items = json.queue as readonly { readonly id: string; readonly status: string }[];
  for (const { id } of items.filter(({ status }) => status === "failed"))
    await command("--json", "--space", folder, "queue", "drop", id);
}

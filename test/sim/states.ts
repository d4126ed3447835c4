import { branchLog } from "@darksync/core/branch";
import { registerTypes } from "@darksync/core/register";
import { onBranch } from "@darksync/runtime/branch/on-branch";
import { listConflicts } from "@darksync/runtime/read/conflicts";
import type { Replica } from "@darksync/runtime/replica/replica";
import type { Device } from "./device.ts";
import { passUntil } from "./pass.ts";
import type { World } from "./world.ts";

/**
 * All that a replica shows, line by line: names and conflicts of main and of every branch, dependencies, and the heads
 * of everything else. What is the device's own matter is left out.
 */
export function stateOf(replica: Replica): readonly string[] {
  const branches = replica.store.read(({ packages }) => packages.registers("branch").map(({ key }) => key));
  const lines = replica.store.read(({ packages, changes }) => [
    ...registerTypes.flatMap((type) =>
      packages
        .registers(type)
        .map(({ key, heads }) => `${type} ${key}: ${sorted(heads.map(({ id }) => id))}`),
    ),
    ...changes
      .setAside()
      .map(({ id, setAside }) => `set aside ${id}: ${setAside}`)
      .sort(),
    ...sortedLines(changes.after(0, Number.MAX_SAFE_INTEGER).map(({ id, log }) => `change ${id} of ${log}`)),
  ]);
  const views = [null, ...branches].flatMap((branch) => viewOf(replica, branch));
  return [...views, ...lines];
}

function viewOf(replica: Replica, branch: string | null): readonly string[] {
  const seen = branch === null ? replica : onBranch(replica, branch);
  const name = branch === null ? "main" : branchLog(branch);
  return seen.store.read((tables) => [
    ...tables.packages.names("", Number.MAX_SAFE_INTEGER).map(({ location, shown, isMerged, conflict }) => {
      const value = shown?.value.type === "definition" ? shown.value.hash.slice(0, 12) : "nothing";
      return `${name} ${location}: ${value}${isMerged ? " merged" : ""} ${conflict?.kind ?? ""} ${conflict?.id ?? ""}`;
    }),
    ...listConflicts(seen, tables).map(
      ({ id, kind, locations, heads }) =>
        `${name} conflict ${id} ${kind} at ${sorted(locations)}: ${sorted(heads.map((head) => head.id))}`,
    ),
  ]);
}

function sorted(words: readonly string[]): string {
  return sortedLines(words).join(" ");
}

function sortedLines(lines: readonly string[]): readonly string[] {
  return [...lines].sort();
}

/** The first lines in which two states differ, in words; null if they are equal. */
export function firstDifference(left: readonly string[], right: readonly string[]): string | null {
  const [ofLeft, ofRight] = [new Set(left), new Set(right)];
  const missing = left.filter((line) => !ofRight.has(line));
  const more = right.filter((line) => !ofLeft.has(line));
  if (missing.length === 0 && more.length === 0) return null;
  return [
    ...missing.slice(0, 4).map((line) => `- ${line}`),
    ...more.slice(0, 4).map((line) => `+ ${line}`),
  ].join("\n");
}

/** What a device shows, its evicted history fetched where that takes it; null if the relay has lost that. */
export async function shownBy(world: World, device: Device): Promise<readonly string[] | null> {
  const { replica } = device;
  if (replica === null) return null;
  const read = await passUntil(
    world,
    device.fetching(replica, () => stateOf(replica)),
    boundMs,
  );
  if (read?.ok === true) return read.value.value;
  if (world.relays.every(({ restores }) => restores === 0))
    world.fail("past", `${device.name} cannot show all: ${read?.problem.message ?? "no answer"}`);
  return null;
}

const boundMs = 60_000;

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { changeBytes } from "./change-bytes.ts";
import { inGroups } from "./groups.ts";
import type { Finding } from "./measure.ts";
import type { Usage } from "./probe.ts";
import type { Running } from "./processes.ts";
import { type Member, type Side, serving } from "./side.ts";
import { scaled } from "./size.ts";
import { allAtOnce, compared } from "./turns.ts";

const roundCount = 3;
const roomCount = scaled(1000, 50);
const warmUpCount = 50;
/** Servers forget rooms after a while: the relay within 10 s. */
const forgottenMs = 11_000;
/** What is still under way ends. */
const quietMs = 1500;
/** Some servers take their time to write what is new in a thousand rooms. */
const limitMs = 120_000;

/**
 * T9: memory of the server for each of 1,000 rooms in which somebody wrote one op and left; then for each of 1,000
 * connections, one in each of these rooms, that only stay. Live memory is what is left after a garbage collection
 * (JavaScript and its buffers); the resident set has native caches in it, and what the collector has not given back.
 * Looked at 11 s after the last one left, since servers forget rooms after a while. 50 rooms are used before the first
 * look. All sides at once.
 */
export async function measureIdleMemory(dir: string, sides: readonly Side[]): Promise<readonly Finding[]> {
  const outcomes = await allAtOnce(
    sides,
    roundCount,
    (side, round) =>
      serving(side, join(dir, `idle-${side.name}-${round}`), (server) => idleMemory(side, server)),
    limitMs,
  );
  const row = (work: string, goal: string) => ({ target: "T9", work, unit: "kB", goal });
  const count = roomCount.toLocaleString("en");
  return [
    compared(
      outcomes,
      "idle",
      row(`live memory for each of ${count} rooms that nobody is in`, "≤ 1 kB"),
      (darksync) => darksync <= 1,
    ),
    compared(outcomes, "idleResident", row("its resident set", "(for information)"), null),
    compared(
      outcomes,
      "connected",
      row(`live memory for each of ${count} connections that are idle`, "≤ 1.5 × raw"),
      (darksync, raw) => darksync <= 1.5 * raw,
    ),
    compared(outcomes, "connectedResident", row("its resident set", "(for information)"), null),
  ];
}

async function idleMemory(side: Side, server: Running): Promise<Readonly<Record<string, number>>> {
  const [op] = changeBytes(900, 1);
  const useRoom = async (name: string) => {
    const member = await side.join(server.port, name);
    await member.write(op === undefined ? [] : [op]);
    member.close();
  };
  await inGroups(warmUpCount, (room) => useRoom(`warm-${room}`));
  const before = await usageAfter(server, forgottenMs);
  await inGroups(roomCount, (room) => useRoom(`room-${room}`));
  const idle = await usageAfter(server, forgottenMs);
  const members: Member[] = [];
  await inGroups(roomCount, async (room) => {
    members.push(await side.join(server.port, `room-${room}`));
  });
  const connected = await usageAfter(server, quietMs);
  for (const member of members) member.close();
  const eachKb = (later: number, earlier: number) => Math.max(0, later - earlier) / 1000 / roomCount;
  return {
    idle: eachKb(idle.liveBytes, before.liveBytes),
    idleResident: eachKb(idle.residentBytes, before.residentBytes),
    connected: eachKb(connected.liveBytes, idle.liveBytes),
    connectedResident: eachKb(connected.residentBytes, idle.residentBytes),
  };
}

async function usageAfter(server: Running, waitMs: number): Promise<Usage> {
  await pause(waitMs);
  return server.usage(true);
}

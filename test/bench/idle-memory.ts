import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { changeBytes } from "./change-bytes.ts";
import type { Finding } from "./measure.ts";
import type { Usage } from "./probe.ts";
import type { Running } from "./processes.ts";
import { type Member, type Side, serving } from "./side.ts";
import { scaled } from "./size.ts";
import { compared, takeTurns } from "./turns.ts";

const roundCount = 3;
const roomCount = scaled(1000, 50);
const warmUpCount = 50;
const atOnce = 20;
const lookAgainMs = 1500;
const mostLooks = 8;

/**
 * T9: memory of the server for each of 1,000 rooms in which somebody wrote one op and left; then for each of 1,000
 * connections, one in each of these rooms, that only stay. Live memory is what is left after a garbage collection
 * (JavaScript and its buffers); the resident set has native caches in it, and what the collector has not given back.
 * Looked at until it no longer falls, since servers forget rooms after a while. 50 rooms are used before the first look.
 */
export async function measureIdleMemory(dir: string, sides: readonly Side[]): Promise<readonly Finding[]> {
  const outcomes = await takeTurns(sides, roundCount, (side, round) =>
    serving(side, join(dir, `idle-${side.name}-${round}`), (server) => idleMemory(side, server)),
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
  const before = await settled(server);
  await inGroups(roomCount, (room) => useRoom(`room-${room}`));
  const idle = await settled(server);
  const members: Member[] = [];
  await inGroups(roomCount, async (room) => {
    members.push(await side.join(server.port, `room-${room}`));
  });
  const connected = await settled(server);
  for (const member of members) member.close();
  const eachKb = (later: number, earlier: number) => Math.max(0, later - earlier) / 1000 / roomCount;
  return {
    idle: eachKb(idle.liveBytes, before.liveBytes),
    idleResident: eachKb(idle.residentBytes, before.residentBytes),
    connected: eachKb(connected.liveBytes, idle.liveBytes),
    connectedResident: eachKb(connected.residentBytes, idle.residentBytes),
  };
}

async function inGroups(count: number, work: (number: number) => Promise<void>): Promise<void> {
  for (let start = 0; start < count; start += atOnce) {
    const group = Array.from({ length: Math.min(atOnce, count - start) }, (_, offset) => start + offset);
    await Promise.all(group.map(work));
  }
}

async function settled(server: Running): Promise<Usage> {
  let last = await server.usage(true);
  for (let look = 0; look < mostLooks; look += 1) {
    await pause(lookAgainMs);
    const next = await server.usage(true);
    const isSteady = next.liveBytes > 0.99 * last.liveBytes && look > 0;
    last = next;
    if (isSteady) break;
  }
  return last;
}

import { join } from "node:path";
import { changeBytes } from "./change-bytes.ts";
import type { Finding } from "./measure.ts";
import { seeded } from "./payload.ts";
import { type Side, serving } from "./side.ts";
import { scaled } from "./size.ts";
import { allAtOnce, compared } from "./turns.ts";

const kills = scaled(100, 5);
const limitMs = 300_000;
/** The server lives for so long after the first write. */
const [shortestMs, longestMs] = [20, 200];

/**
 * T11: the server is killed (-9) at a random moment while one client writes, one op after the other, each after the word
 * that the one before is safe, in a new room each time. In the end the server is started once more, and what it was
 * said to have is looked for, by a newcomer. What that word is for each side is told in the note. All sides at once.
 */
export async function measureKills(dir: string, sides: readonly Side[]): Promise<readonly Finding[]> {
  const outcomes = await allAtOnce(
    sides,
    1,
    (side) => lostBy(side, join(dir, `kills-${side.name}`)),
    limitMs,
  );
  const note = sides.map(({ name, acknowledgement }) => `${name}: ${acknowledgement}`).join("; ");
  const row = (work: string, goal: string) => ({ target: "T11", work, unit: "ops", goal, note });
  return [
    compared(
      outcomes,
      "lost",
      row(`acknowledged ops lost in ${kills} kills (-9) of the server`, "0"),
      (lost) => lost === 0,
    ),
    compared(outcomes, "acknowledged", row("of these were acknowledged", "(for information)"), null),
    compared(outcomes, "hit", row("kills that lost something", "(for information)"), null),
  ];
}

async function lostBy(side: Side, data: string): Promise<Readonly<Record<string, number>>> {
  const random = seeded(11);
  const ops = changeBytes(11, 500);
  const acknowledged: number[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const server = await side.start(data);
    const member = await side.join(server.port, `kill-${kill}`);
    let isAlive = true;
    const killed = new Promise<void>((resolve, reject) => {
      const lives = shortestMs + random() * (longestMs - shortestMs);
      setTimeout(() => {
        isAlive = false;
        server.stop("SIGKILL").then(resolve, reject);
      }, lives);
    });
    let count = 0;
    for (const op of ops) {
      const isWritten = await Promise.race([
        member.write([op]).then(
          () => true,
          () => false,
        ),
        killed.then(() => false),
      ]);
      if (!isWritten || !isAlive) break;
      count += 1;
    }
    await killed;
    acknowledged.push(count);
    member.close();
  }
  const lost = await serving(side, data, async ({ port }) => {
    const missing: number[] = [];
    for (const [kill, count] of acknowledged.entries())
      missing.push(Math.max(0, count - (await side.count(port, `kill-${kill}`))));
    return missing;
  });
  return {
    lost: lost.reduce((sum, count) => sum + count, 0),
    acknowledged: acknowledged.reduce((sum, count) => sum + count, 0),
    hit: lost.filter((count) => count > 0).length,
  };
}

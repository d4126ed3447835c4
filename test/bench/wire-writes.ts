import { join } from "node:path";
import { changeBytes } from "./change-bytes.ts";
import { type Finding, timeMs } from "./measure.ts";
import { type Side, serving, shareOf, sharesOf } from "./side.ts";
import { scaled } from "./size.ts";
import { compared, takeTurns } from "./turns.ts";

const roundCount = 3;
const singleCount = scaled(500, 20);
const bulkCount = scaled(10_000, 200);
const bulkBatch = Math.min(1000, bulkCount / 2);

/**
 * T1, T2 over the wire: one client writes to a server, one op after the other, each acknowledged before the next; then
 * batches of 1,000. Ops that the client has made before (signing and framing are in it, saving on its own disk is not).
 * What the acknowledgement is worth differs: only raw and darksync have fsynced by then. Afterwards a newcomer must get
 * as many ops as were written.
 */
export async function measureWireWrites(dir: string, sides: readonly Side[]): Promise<readonly Finding[]> {
  const outcomes = await takeTurns(sides, roundCount, (side, round) =>
    serving(side, join(dir, `wire-${side.name}-${round}`), async ({ port }) => {
      const [singles, bulk] = [shareOf(side, singleCount), shareOf(side, bulkCount)];
      const ops = changeBytes(400 + round, singles + bulk);
      const member = await side.join(port, "writes");
      const singleMs = await timeMs(async () => {
        for (const op of ops.slice(0, singles)) await member.write([op]);
      });
      const bulkMs = await timeMs(async () => {
        for (let start = singles; start < ops.length; start += bulkBatch)
          await member.write(ops.slice(start, start + bulkBatch));
      });
      const count = await side.count(port, "writes");
      if (count !== ops.length) throw new Error(`${count} ops are there and not ${ops.length}`);
      member.close();
      return { single: (singles / singleMs) * 1000, bulk: (bulk / bulkMs) * 1000 };
    }),
  );
  const note = sharesOf(sides, bulkCount, "ops in bulk");
  return [
    compared(
      outcomes,
      "single",
      {
        target: "T1",
        work: "over the wire: one write, acknowledged, then the next",
        unit: "ops/s",
        goal: "≥ 0.5 × raw",
        note,
      },
      (darksync, raw) => darksync >= 0.5 * raw,
    ),
    compared(
      outcomes,
      "bulk",
      {
        target: "T2",
        work: `over the wire: batches of ${bulkBatch.toLocaleString("en")}, each acknowledged`,
        unit: "ops/s",
        goal: "≥ 0.3 × raw",
        note,
      },
      (darksync, raw) => darksync >= 0.3 * raw,
    ),
  ];
}

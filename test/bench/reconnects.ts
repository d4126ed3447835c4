import { join } from "node:path";
import { changeBytes } from "./change-bytes.ts";
import type { Finding } from "./measure.ts";
import { type Side, serving, shareOf, sharesOf } from "./side.ts";
import { scaled } from "./size.ts";
import { compared, takeTurns } from "./turns.ts";

const roundCount = 3;
const clientCount = scaled(500, 20);
const opsBefore = 1000;
const opsMissed = 20;

/**
 * T10: 500 clients that held 1,000 ops of a room come back at once, and lack 20. Milliseconds until all have them, and
 * the processor time of the server. All clients are connections of this process.
 */
export async function measureReconnects(dir: string, sides: readonly Side[]): Promise<readonly Finding[]> {
  const outcomes = await takeTurns(sides, roundCount, (side, round) =>
    serving(side, join(dir, `reconnects-${side.name}-${round}`), async (server) => {
      const ops = changeBytes(1000 + round, opsBefore + opsMissed);
      const writer = await side.join(server.port, "reconnects");
      for (let start = 0; start < opsBefore; start += 100) await writer.write(ops.slice(start, start + 100));
      const witness = await side.join(server.port, "reconnects");
      const snapshots = Array.from({ length: shareOf(side, clientCount) }, () => witness.snapshot());
      witness.close();
      for (const op of ops.slice(opsBefore)) await writer.write([op]);
      const before = await server.usage(true);
      const start = performance.now();
      const back = await Promise.all(
        snapshots.map((snapshot) => side.rejoin(server.port, "reconnects", snapshot, opsMissed)),
      );
      const ms = performance.now() - start;
      const after = await server.usage(false);
      for (const client of back) client.close();
      writer.close();
      return { ms, cpu: after.processorMs - before.processorMs };
    }),
  );
  const work = `${clientCount} clients reconnect at once, each lacking ${opsMissed} of ${opsBefore + opsMissed} ops`;
  return [
    compared(
      outcomes,
      "ms",
      { target: "T10", work, unit: "ms", goal: "≤ 1.2 × raw", note: sharesOf(sides, clientCount, "clients") },
      (darksync, raw) => darksync <= 1.2 * raw,
    ),
    compared(
      outcomes,
      "cpu",
      {
        target: "T10",
        work: "processor time of the server for all",
        unit: "ms",
        goal: "(for information)",
      },
      null,
    ),
  ];
}

import { join } from "node:path";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { changeBytes } from "./change-bytes.ts";
import { inGroups } from "./groups.ts";
import { type Finding, percentile } from "./measure.ts";
import type { Running } from "./processes.ts";
import { type Member, type Side, serving, shareOf, sharesOf } from "./side.ts";
import { scaled } from "./size.ts";
import { compared, takeTurns } from "./turns.ts";

const roundCount = 3;
const readerCount = scaled(200, 10);
const burstCount = scaled(500, 50);
const opsPerTurn = 5;
const pacedCount = scaled(100, 20);
const paceMs = 20;

/** Readers of one room, each a connection of its own, and when each op came to each of them. */
class Readers {
  readonly #members: Member[] = [];
  readonly #held: number[] = [];
  readonly #arrivals: { readonly op: number; readonly at: number }[] = [];
  #wanted = Number.POSITIVE_INFINITY;
  #missing = 0;
  #finish: () => void = () => {};

  static async enter(side: Side, port: number, room: string, count: number): Promise<Readers> {
    const readers = new Readers();
    await inGroups(count, async (reader) => {
      readers.#held[reader] = 0;
      readers.#members.push(await side.join(port, room, (more) => readers.#onOps(reader, more)));
    });
    return readers;
  }

  /** Fulfilled when every reader has `wanted` ops. */
  until(wanted: number): Promise<void> {
    this.#wanted = wanted;
    this.#missing = this.#held.filter((held) => held < wanted).length;
    return new Promise((resolve) => {
      this.#finish = resolve;
      if (this.#missing === 0) resolve();
    });
  }

  /** Milliseconds from when each op was sent (`sentAt`, by number) until each reader had it. */
  latencies(sentAt: readonly (number | undefined)[]): readonly number[] {
    return this.#arrivals.flatMap(({ op, at }) => {
      const sent = sentAt[op];
      return sent === undefined ? [] : [at - sent];
    });
  }

  close(): void {
    for (const member of this.#members) member.close();
  }

  #onOps(reader: number, more: number): void {
    const at = performance.now();
    const before = this.#held[reader] ?? 0;
    for (let op = before; op < before + more; op += 1) this.#arrivals.push({ op, at });
    this.#held[reader] = before + more;
    if (before < this.#wanted && before + more >= this.#wanted) {
      this.#missing -= 1;
      if (this.#missing === 0) this.#finish();
    }
  }
}

/**
 * T8: one writer, 200 readers of the same room, all connections of this process. First 500 ops as fast as they can be
 * sent, 5 a turn of the event loop: deliveries a second from the first send to the last arrival, and the processor time
 * of the server for each. Then 100 ops at 50 a second: how long each takes to each reader. Every reader must have all.
 */
export async function measureFanOut(dir: string, sides: readonly Side[]): Promise<readonly Finding[]> {
  const outcomes = await takeTurns(sides, roundCount, (side, round) =>
    serving(side, join(dir, `fan-out-${side.name}-${round}`), (server) => fanOut(side, server, round)),
  );
  const work = `1 → ${readerCount} readers`;
  const note = sharesOf(sides, readerCount, "readers");
  const hasPeers = sides.some(({ name }) => name !== "raw" && name !== "darksync");
  return [
    compared(
      outcomes,
      "rate",
      { target: "T8", work, unit: "deliveries/s", goal: "≥ 1 × the best peer", note },
      hasPeers ? (darksync, _raw, peers) => peers.every((peer) => darksync >= peer) : null,
    ),
    compared(
      outcomes,
      "cpu",
      { target: "T8", work: "processor time of the server for each", unit: "µs", goal: "below every peer" },
      hasPeers ? (darksync, _raw, peers) => peers.every((peer) => darksync < peer) : null,
    ),
    ...([50, 99] as const).map((percentage) =>
      compared(
        outcomes,
        `p${percentage}`,
        { target: "T8", work: `p${percentage}, at 50 ops/s`, unit: "ms", goal: "≤ 1.25 × raw" },
        (darksync, raw) => darksync <= 1.25 * raw,
      ),
    ),
  ];
}

async function fanOut(side: Side, server: Running, round: number): Promise<Readonly<Record<string, number>>> {
  const [readerTotal, burstTotal] = [shareOf(side, readerCount), shareOf(side, burstCount)];
  const ops = changeBytes(800 + round, burstTotal + pacedCount);
  const writer = await side.join(server.port, "fan-out");
  const readers = await Readers.enter(side, server.port, "fan-out", readerTotal);
  const sends = await writer.prepare(ops);
  const before = await server.usage(true);
  const burst = readers.until(burstTotal);
  const start = performance.now();
  for (const [number, send] of sends.slice(0, burstTotal).entries()) {
    send();
    if (number % opsPerTurn === opsPerTurn - 1) await nextTurn();
  }
  await burst;
  const ms = performance.now() - start;
  const after = await server.usage(false);
  const sentAt: (number | undefined)[] = [];
  const paced = readers.until(ops.length);
  for (let number = burstTotal; number < sends.length; number += 1) {
    sentAt[number] = performance.now();
    sends[number]?.();
    await pause(paceMs);
  }
  await paced;
  const latencies = readers.latencies(sentAt);
  readers.close();
  writer.close();
  const deliveries = burstTotal * readerTotal;
  return {
    rate: (deliveries / ms) * 1000,
    cpu: ((after.processorMs - before.processorMs) * 1000) / deliveries,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
  };
}

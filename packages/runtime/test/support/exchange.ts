import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { firstHead } from "@darksync/log/head";
import { encodeAppends } from "@darksync/log/update";
import { expect } from "vitest";
import { ingest } from "../../src/replica/ingest.js";
import { vectorOf } from "../../src/replica/log-view.js";
import { prepareBatch } from "../../src/replica/prepare.js";
import type { Replica } from "../../src/replica/replica.js";

/** Signs all that waits, as if a relay had taken it. */
export async function signAll(replica: Replica): Promise<void> {
  for (;;) {
    const [log] = replica.store.read(({ changes }) => changes.logsWithUnsigned());
    if (log === undefined) return;
    await acknowledge(replica, log);
    await prepareBatch(replica, log, new Map());
    await acknowledge(replica, log);
  }
}

/** Takes all signed blocks of a log for durable, so that what waits is signed next. */
function acknowledge({ store }: Replica, log: LogName): Promise<void> {
  return store.write(({ blocks, durable }) => durable.setDurable(log, vectorOf(blocks, log)));
}

/** Hands over the next blocks of one stream that the other lacks, at most so many. Returns how many there were. */
export async function hand(
  from: Replica,
  to: Replica,
  log: LogName,
  stream: StreamName,
  limit = Number.MAX_SAFE_INTEGER,
): Promise<number> {
  const firstSeq = to.store.read(({ blocks }) => (blocks.tip(log, stream)?.seq ?? 0) + 1);
  const blocks = from.store
    .read((tables) => tables.blocks.read(log, stream, firstSeq, Number.MAX_SAFE_INTEGER))
    .slice(0, limit);
  if (blocks.length === 0) return 0;
  const run = { stream, firstSeq, blocks: blocks.map(({ bytes }) => bytes) };
  const { refused } = await ingest(to, log, encodeAppends(from.hash, firstHead, [run]));
  // What was held before its epoch was closed may be offered after that.
  expect(refused.filter(({ code }) => code !== "closed-stream")).toEqual([]);
  return blocks.length;
}

/** The streams of a replica's logs, `auth` first. */
export function streamsOf({
  store,
}: Replica): readonly { readonly log: LogName; readonly stream: StreamName }[] {
  return store.read(({ blocks }) =>
    blocks.logs().flatMap((log) => [...blocks.tips(log).keys()].map((stream) => ({ log, stream }))),
  );
}

/** Hands over all that the other lacks. */
export async function handAll(from: Replica, to: Replica): Promise<void> {
  for (const { log, stream } of streamsOf(from)) await hand(from, to, log, stream);
}

/** After this, all have what any of them has, signed. */
export async function meet(...team: readonly Replica[]): Promise<void> {
  for (const replica of team) await signAll(replica);
  for (const from of team) for (const to of team) if (from !== to) await handAll(from, to);
}

import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";

const readAtOnce = 500;

/** Rows in order of number, one by one, read some at a time: all of them may be more than fit in memory. */
export function* eachInPages<Row extends { readonly number: number }>(
  read: (after: number, limit: number) => readonly Row[],
): Generator<Row> {
  let after = 0;
  for (;;) {
    const page = read(after, readAtOnce);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.number;
  }
}

/** The changes that lie in blocks of a stream after `seq`, in order of number. */
export function eachPlacedAfter(
  { changes }: Pick<ReplicaTables, "changes">,
  stream: StreamName,
  log: LogName,
  seq: number,
): Generator<ChangeRecord> {
  return eachInPages((after, limit) => changes.placedPage(stream, log, seq, after, limit));
}

/** The changes of a log that wait unsigned and are not parked, in order of number. */
export function eachUnsigned(
  { changes }: Pick<ReplicaTables, "changes">,
  log: LogName,
): Generator<ChangeRecord> {
  return eachInPages((after, limit) => changes.unsigned(log, after + 1, Number.MAX_SAFE_INTEGER, limit));
}

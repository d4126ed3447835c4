import type { BlockHeader } from "@darksync/core/block";
import { fromHex, toHex } from "@darksync/core/bytes";
import { decode, encode } from "@darksync/core/codec";
import type { StreamName } from "@darksync/core/stream";
import {
  type LogName,
  readSeen,
  type Seen,
  type Vector,
  vectorMaximum,
  writeSeen,
} from "@darksync/core/vector";
import { authLog } from "@darksync/sync/wanted";
import type { ReplicaTables } from "../store/store.js";

/** What the last block of an own stream was written under, `auth` included; the next one says what is beyond (C2). */
export function readLastSeen({ meta }: ReplicaTables, stream: StreamName): Seen {
  const bytes = fromHex(meta.get(`seen ${stream}`) ?? "");
  if (bytes === null || bytes.length === 0) return new Map();
  return decode(bytes, readSeen) ?? new Map();
}

export function writeLastSeen({ meta }: ReplicaTables, stream: StreamName, seen: Seen): void {
  meta.set(`seen ${stream}`, toHex(encode((writer) => writeSeen(writer, seen))));
}

/** Notes a block of an own stream that came from elsewhere: an older copy of this database had been put back. */
export function noteOwnBlock(tables: ReplicaTables, header: BlockHeader): void {
  const seen = new Map([...header.seen, [authLog, header.auth] as const]);
  writeLastSeen(tables, header.stream, seenMaximum(readLastSeen(tables, header.stream), seen));
}

/** The larger of both, log by log and stream by stream. */
export function seenMaximum(left: Seen, right: Seen): Seen {
  const maximum = new Map<LogName, Vector>(left);
  for (const [log, vector] of right) maximum.set(log, vectorMaximum(maximum.get(log) ?? new Map(), vector));
  return maximum;
}

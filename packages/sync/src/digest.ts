import { toHex } from "@darksync/core/bytes";
import { encode, writeText } from "@darksync/core/codec";
import type { Hash } from "@darksync/core/ports";
import type { LogName } from "@darksync/core/vector";
import { type StreamHead, tagBytes } from "./message.js";

/**
 * Digest of what one side holds of a log, hex. It covers the last block of every stream by hash, not by number
 * alone: two who hold different blocks at one place must not look equal.
 */
export function logDigest(hash: Hash, log: LogName, heads: readonly StreamHead[]): string {
  return digestOf(hash, [log, ...heads.map(({ stream, seq, tag }) => `${stream} ${seq} ${tag}`).sort()]);
}

/** Digest over the digests of logs, hex. Logs without blocks do not count. */
export function spaceDigest(
  hash: Hash,
  logs: readonly { readonly log: LogName; readonly digest: string }[],
): string {
  return digestOf(hash, logs.map(({ log, digest }) => `${log} ${digest}`).sort());
}

function digestOf(hash: Hash, lines: readonly string[]): string {
  return toHex(
    hash(
      encode((writer) => {
        for (const line of lines) writeText(writer, line);
      }),
    ),
  );
}

/** The part of a block's hash (hex) that stands for it in a `StreamHead`. */
export function tagOf(blockHash: string): string {
  return blockHash.slice(0, 2 * tagBytes);
}

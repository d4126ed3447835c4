import { constants, createBrotliCompress } from "node:zlib";
import type { Compressing } from "@darksync/runtime/relay/sealer";

/**
 * Measured on 11,692,496 bytes of 16,384 changes: quality 5 gives 0.279 of that in 0.26 s, 9 gives 0.256 in 1.1 s, 10
 * gives 0.230 in 10 s and 11 gives 0.224 in 17 s; the same changes in blocks of 512, each compressed by itself, take
 * 0.278. A segment is sealed once and fetched by everybody who joins, so it pays to take long.
 */
const quality = 11;
/** 2 to this power: a window of 4 MiB. Larger ones take memory and gain little. */
const windowBits = 22;

/** What is compressed in one go: some tenths of a second, which a relay that stops has to wait for. */
const stepBytes = 256 * 1024;

/** One at a time: each keeps a processor busy for seconds. */
let last: Promise<unknown> = Promise.resolve();

/** Compresses the body of a segment in another thread, in small steps, after those that were begun before. */
export function compressSegment(body: Uint8Array): Compressing {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
  const stream = createBrotliCompress({
    params: {
      [BROTLI_PARAM_QUALITY]: quality,
      [BROTLI_PARAM_LGWIN]: windowBits,
      [BROTLI_PARAM_SIZE_HINT]: body.length,
    },
  });
  const parts: Buffer[] = [];
  const compress = () =>
    new Promise<Uint8Array>((resolve, reject) => {
      const cancelled = () => reject(new Error("the compression was cancelled"));
      if (stream.destroyed) return cancelled();
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => resolve(new Uint8Array(Buffer.concat(parts))));
      stream.on("error", reject);
      stream.on("close", cancelled);
      for (let at = 0; at < body.length; at += stepBytes) stream.write(body.subarray(at, at + stepBytes));
      stream.end();
    });
  const compressed = last.then(compress);
  // Whoever waits for it hears of its failure; the next one does not mind.
  last = compressed.catch(() => {});
  return { compressed, cancel: () => stream.destroy() };
}

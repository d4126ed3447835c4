import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { failure, type Result, success } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { maxManifestBytes } from "@darksync/log/manifest";
import { maxSegmentBytes } from "@darksync/log/segment";
import type { SegmentSource } from "@darksync/runtime/transport";

/**
 * A relay that is silent for so many looks is given up. Looks and not time, since whoever folds what came before may be
 * busy for long, and finds all at once afterwards what has come meanwhile.
 */
const mostSilentLooks = 3;
const lookMs = 5000;
/** Who brings fewer bytes than that in the time is as good as silent. */
const leastBytes = 512;
const mostSockets = 4;

const agents = {
  "http:": new HttpAgent({ keepAlive: true, maxSockets: mostSockets }),
  "https:": new HttpsAgent({ keepAlive: true, maxSockets: mostSockets }),
};

/** Fetches over HTTP what a relay has sealed. */
export const httpSegmentSource: SegmentSource = {
  manifest: async (url, space, log) => {
    const answer = await get(segmentsUrl(url, space, log), 0, maxManifestBytes);
    if (!answer.ok) return answer.problem.code === "segment-missing" ? success(null) : answer;
    return answer.value.isWhole ? success(answer.value.bytes) : wasCut;
  },
  segment: async (url, space, log, hash, offset) => {
    const answer = await get(new URL(hash, segmentsUrl(url, space, log)), offset, maxSegmentBytes);
    return answer.ok ? success(answer.value.bytes) : answer;
  },
};

/** Where a relay offers what it has sealed of a log; `url` is where sockets connect to: `ws(s)://HOST/v1[/SPACE]`. */
function segmentsUrl(url: string, space: string, log: LogName): URL {
  const base = new URL(url);
  base.protocol = base.protocol === "wss:" ? "https:" : "http:";
  base.pathname = `/v1/${space}/${encodeURIComponent(log)}/segments/`;
  return base;
}

/** What came of a body. */
interface Answer {
  readonly bytes: Uint8Array;
  /** False if the connection was cut. */
  readonly isWhole: boolean;
}

function get(url: URL, offset: number, maxBytes: number): Promise<Result<Answer>> {
  return new Promise((resolve) => {
    const isSecure = url.protocol === "https:";
    const options = {
      agent: agents[isSecure ? "https:" : "http:"],
      headers: offset > 0 ? { range: `bytes=${offset}-` } : {},
    };
    let hasBegun = false;
    const request: ClientRequest = (isSecure ? httpsRequest : httpRequest)(url, options, (response) => {
      response.on("data", silence.heard);
      const problem = problemOf(response, offset);
      if (problem === null) {
        hasBegun = true;
        readBody(response, maxBytes - offset, resolve);
      } else {
        // Whatever else it would say, and for however long, is of no use.
        response.destroy();
        resolve(problem);
      }
    });
    const silence = watchSilence(() => request.destroy(new Error("silence")));
    request.on("close", silence.stop);
    request.on("error", (error: Error & { readonly code?: string }) => {
      // What came of the body is kept.
      if (hasBegun) return;
      // The relay had closed a connection that was kept, and this one was too busy to hear of it.
      if (request.reusedSocket && error.code === "ECONNRESET") get(url, offset, maxBytes).then(resolve);
      else resolve(unreachable(error.code ?? error.message));
    });
    request.end();
  });
}

/** Calls back when next to nothing was heard for so many looks. */
function watchSilence(onSilence: () => void): {
  readonly heard: (part: Uint8Array) => void;
  readonly stop: () => void;
} {
  let [looks, bytes] = [0, 0];
  const timer = setInterval(() => {
    looks += 1;
    if (looks > mostSilentLooks) onSilence();
  }, lookMs);
  return {
    heard: ({ length }) => {
      bytes += length;
      if (bytes >= leastBytes) [looks, bytes] = [0, 0];
    },
    stop: () => clearInterval(timer),
  };
}

function problemOf({ statusCode = 0 }: IncomingMessage, offset: number): Result<never> | null {
  if (statusCode === (offset > 0 ? 206 : 200)) return null;
  if (statusCode === 404 || statusCode === 410) return missing;
  return unreachable(`HTTP ${statusCode}`);
}

function readBody(
  response: IncomingMessage,
  maxBytes: number,
  resolve: (result: Result<Answer>) => void,
): void {
  // Not a list of parts: cut into single bytes, 16 MiB of them would take gigabytes.
  let bytes = new Uint8Array(Math.min(firstBytes, maxBytes));
  let size = 0;
  response.on("data", (part: Buffer) => {
    if (size + part.length > maxBytes) {
      resolve(tooLarge);
      response.destroy();
      return;
    }
    bytes = withRoomFor(bytes, size + part.length, maxBytes);
    bytes.set(part, size);
    size += part.length;
  });
  // A connection that is cut is closed next.
  response.on("error", () => {});
  response.on("close", () => resolve(success({ bytes: bytes.slice(0, size), isWhole: response.complete })));
}

const firstBytes = 64 * 1024;

/** The same bytes with room for `length`. */
function withRoomFor(
  bytes: Uint8Array<ArrayBuffer>,
  length: number,
  maxBytes: number,
): Uint8Array<ArrayBuffer> {
  if (length <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.min(maxBytes, Math.max(length, 2 * bytes.length)));
  larger.set(bytes);
  return larger;
}

const missing = failure(
  "segment-missing",
  "the relay does not have a segment that it says it sealed",
  "Its blocks were asked for one by one. Tell whoever runs the relay.",
);

const tooLarge = failure(
  "malformed-segment",
  "the relay sends more than any segment can have",
  "Its blocks were asked for one by one. Tell whoever runs the relay.",
);

const wasCut = unreachable("the connection was cut");

function unreachable(what: string): Result<never> {
  return failure(
    "relay-unreachable",
    `what the relay has sealed cannot be fetched (${what})`,
    "The next `darklang sync` goes on from there.",
  );
}

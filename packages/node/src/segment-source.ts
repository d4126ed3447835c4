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
    const request: ClientRequest = (isSecure ? httpsRequest : httpRequest)(url, options, (response) => {
      response.on("data", silence.end);
      const problem = problemOf(response, offset);
      if (problem === null) readBody(response, maxBytes - offset, resolve);
      else {
        response.resume();
        resolve(problem);
      }
    });
    const silence = watchSilence(() => request.destroy(new Error("silence")));
    request.on("close", silence.stop);
    request.on("error", (error: Error & { readonly code?: string }) => {
      // The relay had closed a connection that was kept, and this one was too busy to hear of it.
      if (request.reusedSocket && error.code === "ECONNRESET") get(url, offset, maxBytes).then(resolve);
      else resolve(unreachable(error.code ?? error.message));
    });
    request.end();
  });
}

/** Calls back when nothing ended the silence for so many looks. */
function watchSilence(onSilence: () => void): { readonly end: () => void; readonly stop: () => void } {
  let looks = 0;
  const timer = setInterval(() => {
    looks += 1;
    if (looks > mostSilentLooks) onSilence();
  }, lookMs);
  return {
    end: () => {
      looks = 0;
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
  const parts: Buffer[] = [];
  let size = 0;
  response.on("data", (part: Buffer) => {
    size += part.length;
    parts.push(part);
    if (size <= maxBytes) return;
    resolve(tooLarge);
    response.destroy();
  });
  // After an end this changes nothing any more.
  const finish = (isWhole: boolean) =>
    resolve(success({ bytes: new Uint8Array(Buffer.concat(parts)), isWhole }));
  response.on("end", () => finish(response.complete));
  response.on("error", () => finish(false));
  response.on("close", () => finish(false));
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

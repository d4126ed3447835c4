import type { IncomingMessage, ServerResponse } from "node:http";
import type { LogHistory } from "@darksync/runtime/relay/log-history";
import type { SegmentsUnderWay } from "./segments-under-way.js";

/** What of a log's history is asked for by HTTP. */
export interface HistoryRoute {
  readonly log: string;
  /** Hex of the segment's hash; null: the manifest. */
  readonly segment: string | null;
}

/** Reads `LOG/segments/` and `LOG/segments/HASH`; null for anything else. */
export function historyRouteOf(path: string): HistoryRoute | null {
  const match = /^(.+)\/segments\/([0-9a-f]{64})?$/.exec(path);
  const [, log, segment] = match ?? [];
  return log === undefined ? null : { log, segment: segment ?? null };
}

/** Answers with a log's manifest or one of its segments; false if there is none. `path`: what names it. */
export async function answerHistory(
  history: LogHistory,
  underWay: SegmentsUnderWay,
  path: string,
  { log, segment }: HistoryRoute,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const bytes =
    segment === null
      ? await history.manifest(log)
      : await underWay.read(path, response, () => history.segment(log, segment));
  if (bytes === null) return false;
  if (bytes === "too-many") {
    response.writeHead(503, { "retry-after": "10" }).end();
    return true;
  }
  if (segment === null) {
    response.setHeader("cache-control", "no-cache");
    send(response, 200, bytes);
    return true;
  }
  response.setHeader("cache-control", "public, max-age=31536000, immutable");
  response.setHeader("accept-ranges", "bytes");
  const etag = `"${segment}"`;
  response.setHeader("etag", etag);
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304).end();
    return true;
  }
  sendRange(request, response, bytes, etag);
  return true;
}

function sendRange(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  etag: string,
): void {
  const condition = request.headers["if-range"];
  const isWanted = condition === undefined || condition === etag;
  const range = isWanted ? rangeOf(request.headers.range) : null;
  if (range === null) {
    send(response, 200, bytes);
    return;
  }
  const { first } = range;
  const last = Math.min(range.last, bytes.length - 1);
  if (first > last) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    return;
  }
  response.setHeader("content-range", `bytes ${first}-${last}/${bytes.length}`);
  send(response, 206, bytes.subarray(first, last + 1));
}

/** `bytes=N-` and `bytes=N-M`; whatever else somebody asks for, he gets all (RFC 9110, 14.2). */
function rangeOf(header: string | undefined): { readonly first: number; readonly last: number } | null {
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? "");
  if (match === null) return null;
  const [, first = "", last = ""] = match;
  const range = { first: Number(first), last: last === "" ? Number.POSITIVE_INFINITY : Number(last) };
  return range.last < range.first ? null : range;
}

// Node leaves the body out where only the head was asked for.
function send(response: ServerResponse, status: number, bytes: Uint8Array): void {
  response.writeHead(status, { "content-type": "application/octet-stream", "content-length": bytes.length });
  response.end(bytes);
}

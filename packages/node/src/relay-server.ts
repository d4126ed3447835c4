import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { isLogName } from "@darksync/core/vector";
import { ClientConnection } from "@darksync/runtime/relay/client-connection";
import type { Relay } from "@darksync/runtime/relay/relay";
import { RoomConnection } from "@darksync/runtime/relay/room-connection";
import type { Connection } from "@darksync/runtime/transport";
import { maxMessageBytes } from "@darksync/sync/message";
import { WebSocketServer } from "ws";
import { type RelaySocket, ServedSockets, type Talker } from "./relay-socket.js";
import { answerHistory, historyRouteOf } from "./segment-routes.js";
import { SegmentsUnderWay } from "./segments-under-way.js";

const pingIntervalMs = 15_000;
/** What nobody used for one to two of these is forgotten. */
const forgetIntervalMs = 5000;
const maxConnections = 4096;
const maxHeaderBytes = 16 * 1024;
/** Who reads nothing of an answer for so long is cut. */
const mostSilentMs = 60_000;

/** A relay that listens. */
export interface RelayServer {
  readonly server: Server;
  readonly connections: () => number;
  /** Takes no more work, lets what is under way end, and closes. */
  close(): Promise<void>;
}

/** What the paths of a relay mean. */
type Route =
  | { readonly type: "client"; readonly space: string | null }
  | { readonly type: "room"; readonly space: string; readonly log: string; readonly head: number };

/**
 * Serves a relay's spaces by HTTP and WebSocket. `metrics` gives the Prometheus text. `isOriginAllowed`: whether a web
 * page of this origin may connect; programs that are no browsers name none and are not asked.
 */
export function serveRelay(
  relay: Relay,
  metrics: () => Promise<string>,
  isOriginAllowed: (origin: string) => boolean,
): RelayServer {
  const rooms = new Map<string, Set<RoomConnection>>();
  const sockets = new ServedSockets();
  const upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });
  const underWay = new SegmentsUnderWay();
  const server = createServer({ maxHeaderSize: maxHeaderBytes }, (request, response) => {
    answerHttp(relay, metrics, underWay, request, response).catch((error: unknown) => {
      relay.onFailure(error);
      answer(response, 500, { error: { code: "relay-failed", message: "the relay could not answer that" } });
    });
  });
  server.timeout = mostSilentMs;
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, rest: Buffer) => {
    stream.on("error", destroy);
    const { origin } = request.headers;
    const route = routeOf(request.url ?? "");
    if (origin !== undefined && !isOriginAllowed(origin)) return turnAway(stream, "403 Forbidden");
    if (route === null) return turnAway(stream, "404 Not Found");
    if (sockets.size >= maxConnections) return turnAway(stream, "503 Service Unavailable");
    upgrades.handleUpgrade(request, stream, rest, (socket) => {
      const served = sockets.add(socket, request.socket);
      served.talker = talkerOrClosed(relay, rooms, route, served);
    });
  });
  const pinging = setInterval(() => sockets.ping(), pingIntervalMs);
  const forgetting = setInterval(() => relay.forgetUnused(), forgetIntervalMs);
  return {
    server,
    connections: () => sockets.size,
    close: () => {
      clearInterval(pinging);
      clearInterval(forgetting);
      return closeServer(relay, server, sockets);
    },
  };
}

function destroy(this: Duplex): void {
  this.destroy();
}

function turnAway(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
}

/** Who talks with this socket; closes it if its space or head is not here or cannot be opened. */
function talkerOrClosed(
  relay: Relay,
  rooms: Map<string, Set<RoomConnection>>,
  route: Route,
  connection: RelaySocket,
): Talker | null {
  try {
    const talker = talkerOf(relay, rooms, route, connection);
    if (talker === null) connection.close({ code: 4404, reason: "no such space or head" });
    return talker;
  } catch (error) {
    relay.onFailure(error);
    connection.close({ code: 1011, reason: "the relay cannot open that space" });
    return null;
  }
}

function talkerOf(
  relay: Relay,
  rooms: Map<string, Set<RoomConnection>>,
  route: Route,
  connection: Connection,
): Talker | null {
  if (route.type === "client") return new ClientConnection(relay, connection, route.space);
  const space = relay.space(route.space);
  const head = space?.history.headAt(route.log, route.head) ?? null;
  if (space === null || head === null) return null;
  const name = `${route.space}/${route.log}@${route.head}`;
  const room = rooms.get(name) ?? new Set();
  rooms.set(name, room);
  const talker = new RoomConnection(relay, space, route.log, head, connection, room);
  return {
    onMessage: (bytes) => talker.onMessage(bytes),
    onClose: () => {
      talker.onClose();
      if (room.size === 0) rooms.delete(name);
    },
  };
}

/** `/v1`, `/v1/SPACE` and `/v1/SPACE/LOG@n`; null for anything else. */
function routeOf(url: string): Route | null {
  const path = pathOf(url);
  const match = path === null ? null : /^\/v1(?:\/([0-9a-f]{1,64})(?:\/(.+)@(\d{1,9}))?)?\/?$/.exec(path);
  if (match === null) return null;
  const [, space, log, head] = match;
  if (space === undefined) return { type: "client", space: null };
  return log === undefined ? { type: "client", space } : { type: "room", space, log, head: Number(head) };
}

function pathOf(url: string): string | null {
  try {
    return decodeURIComponent(url.split("?", 1)[0] ?? "");
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

async function answerHttp(
  relay: Relay,
  metrics: () => Promise<string>,
  underWay: SegmentsUnderWay,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = pathOf(request.url ?? "");
  if (request.method !== "GET" && request.method !== "HEAD")
    answer(response, 405, { error: { code: "method", message: "only GET and HEAD are served" } });
  else if (path === "/healthz") answer(response, 200, { ok: true });
  else if (path === "/metrics") {
    const text = await metrics();
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
    response.end(text);
  } else if (path === null || !(await answerLog(relay, underWay, path, request, response)))
    answer(response, 404, { error: { code: "not-found", message: "there is nothing here" } });
}

/** Answers what is asked of a log: which head is the live one, and its history. False if there is no such thing. */
async function answerLog(
  relay: Relay,
  underWay: SegmentsUnderWay,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [, id = "", rest = ""] = /^\/v1\/([0-9a-f]{1,64})\/([^@]+)$/.exec(path) ?? [];
  const space = id === "" ? null : relay.space(id);
  if (space === null) return false;
  const history = historyRouteOf(rest);
  if (history !== null) return answerHistory(space.history, underWay, path, history, request, response);
  if (!isLogName(rest)) return false;
  await space.durable();
  answer(response, 200, { head: space.history.head(rest).number });
  return true;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}

const closeGraceMs = 2000;

async function closeServer(relay: Relay, server: Server, sockets: ServedSockets): Promise<void> {
  sockets.stopListening();
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  await relay.idle();
  for (const socket of sockets.all()) socket.close(1001, "the relay is going down");
  const cut = setTimeout(() => {
    for (const socket of sockets.all()) socket.terminate();
    server.closeAllConnections();
  }, closeGraceMs);
  await closed;
  clearTimeout(cut);
}

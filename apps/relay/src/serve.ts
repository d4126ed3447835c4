import type { Server } from "node:http";
import { isIPv6 } from "node:net";
import { toHex } from "@darksync/core/bytes";
import { relayPorts } from "@darksync/node/process-ports";
import { serveRelay } from "@darksync/node/relay-server";
import { RelayChecker } from "@darksync/node/sqlite/relay-checker";
import { openRelaySpaces } from "@darksync/node/sqlite/relay-spaces";
import { processTimers } from "@darksync/node/timers";
import { Relay } from "@darksync/runtime/relay/relay";
import { SpaceDamaged } from "@darksync/runtime/relay/space-damaged";
import { type Logger, pino } from "pino";
import { lockData, relayKey } from "./data-folder.js";
import { isLoopbackOrigin } from "./loopback.js";
import { RelayMetrics } from "./metrics.js";
import { problemOf, RelayProblem } from "./relay-problem.js";
import { keepInMind, SpaceWatch } from "./space-watch.js";

/** Where a relay listens and what it keeps. */
export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly data: string;
}

/** Serves a data folder until SIGTERM or SIGINT; returns the exit code. */
export async function serve(options: ServeOptions): Promise<number> {
  const lock = lockData(options.data);
  const signer = relayKey(options.data, lock);
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const metrics = new RelayMetrics();
  const relay = new Relay({
    ...relayPorts,
    signer,
    spaces: metrics.timed(openRelaySpaces(options.data)),
    onFailure: (error) => failed(error, options.data, log),
  });
  const checker = new RelayChecker();
  const watch = new SpaceWatch(relay, options.data, toHex(signer.publicKey), {
    timers: processTimers,
    check: (database) => checker.check(database),
    onFailure: (error, about) => logFailure(log, error, about),
  });
  const { server, connections, close } = serveRelay(relay, () => metrics.text(), isLoopbackOrigin);
  try {
    metrics.watch(relay, connections);
    const stopped = stopSignal();
    const port = await listen(server, options);
    process.stdout.write(`${JSON.stringify({ event: "listening", url: urlOf(options.host, port) })}\n`);
    void lookAtSpaces(relay, log);
    watch.begin();
    log.info({ event: "stopping", signal: await stopped });
    await close();
    log.info({ event: "stopped" });
    return 0;
  } catch (error) {
    await close();
    throw error;
  } finally {
    watch.stop();
    await checker.stop();
    await relay.close();
    lock.release();
  }
}

function listen(server: Server, { port, host }: ServeOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)));
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function cannotListen({ code, message }: NodeJS.ErrnoException, host: string, port: number): RelayProblem {
  if (code === "EADDRINUSE") {
    return new RelayProblem({
      code: "port-in-use",
      message: `something listens on ${host}:${port} already`,
      hint: "Stop it, or give another port: --port 0 takes any free one.",
    });
  }
  return new RelayProblem({
    code: "cannot-listen",
    message: `cannot listen on ${host}:${port}: ${message}`,
    hint: "Check --host and --port.",
  });
}

/** A damaged space is told at once, and the others are served. What waited to be sealed is sealed. */
async function lookAtSpaces(relay: Relay, log: Logger): Promise<void> {
  for (const id of relay.ports.spaces.list()) {
    try {
      await relay.space(id)?.history.lookAtAll();
    } catch (error) {
      logFailure(log, error, { space: id });
    }
  }
}

/** Tells of what no client can do anything about; of a space that is damaged once, whoever asks for it afterwards. */
function failed(error: unknown, data: string, log: Logger): void {
  if (!(error instanceof SpaceDamaged)) {
    logFailure(log, error, {});
    return;
  }
  try {
    if (keepInMind(data, error)) logFailure(log, error, { space: error.space });
  } catch (noting) {
    logFailure(log, error, { space: error.space });
    logFailure(log, noting, { space: error.space });
  }
}

function logFailure(log: Logger, error: unknown, about: { readonly space?: string }): void {
  const problem = problemOf(error);
  if (problem === null) log.error({ event: "failure", ...about, err: error });
  else log.error({ event: "failure", ...about, ...problem });
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    // A terminal tells this process and the one that launched it, which passes it on: the second one must not kill it.
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, resolve);
  });
}

function urlOf(host: string, port: number): string {
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

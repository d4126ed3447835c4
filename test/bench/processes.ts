import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Usage } from "./probe.ts";

const root = join(import.meta.dirname, "..", "..");
export const darklangBin: string = join(root, "apps/cli/bin/darklang.js");
const relayBin = join(root, "apps/relay/bin/darklang-relay.js");

/** A server process that said where it listens. */
export interface Running {
  readonly process: ChildProcess;
  readonly port: number;
  /** What the process takes. `collect`: after a garbage collection, which its memory is told of then. */
  usage(collect: boolean): Promise<Usage>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const started = new Set<ChildProcess>();

/** What else has to be stopped, when it was not started here. */
const stops = new Set<() => void>();

/** Has `stopAll` do this too; returns how to take that back. */
export function alsoStop(stop: () => void): () => void {
  stops.add(stop);
  return () => stops.delete(stop);
}

/** Kills what is still running. */
export function stopAll(): void {
  for (const child of started) child.kill("SIGKILL");
  for (const stop of stops) stop();
}

const probe = join(import.meta.dirname, "probe.ts");

/** Starts a Node program that prints `{"url": …}` when it listens; other lines before are passed over. */
export async function startServer(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const child = spawn(process.execPath, ["--expose-gc", "--import", probe, ...args], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: { ...process.env, ...environment },
  });
  started.add(child);
  child.on("exit", () => started.delete(child));
  const port = await listeningPort(child, args);
  return {
    process: child,
    port,
    usage: async (collect) => {
      const answered = once(child, "message");
      child.send({ collect });
      return (await answered)[0] as Usage;
    },
    stop: async (signal = "SIGTERM") => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill(signal);
      await exited;
    },
  };
}

function listeningPort(child: ChildProcess, args: readonly string[]): Promise<number> {
  const { stdout } = child;
  if (stdout === null) throw new Error("a server without its output");
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error(`${args.join(" ")} ended before it listened`)));
    // Goes on reading: a full pipe would stop the server.
    createInterface({ input: stdout }).on("line", (line) => {
      if (line.startsWith('{"event":"listening"'))
        resolve(Number(new URL((JSON.parse(line) as { url: string }).url).port));
    });
  });
}

/** A darksync relay on this data folder. */
export function startRelay(data: string): Promise<Running> {
  return startServer([relayBin, "--open", "--port", "0", "--data", data]);
}

/** The raw relay on this database. */
export function startRawRelay(database: string): Promise<Running> {
  return startServer([join(import.meta.dirname, "raw-relay.ts"), database]);
}

/** Runs a Node program to its end; returns milliseconds from its start to its exit, and what it printed. */
export async function runNode(
  args: readonly string[],
): Promise<{ readonly ms: number; readonly stdout: string }> {
  const begin = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.on("data", (data: Buffer) => {
    stdout += data.toString();
  });
  const [code] = (await once(child, "close")) as [number];
  const ms = performance.now() - begin;
  if (code !== 0) throw new Error(`${args.join(" ")} exited with ${code}: ${stdout}`);
  return { ms, stdout };
}

/** Passes TCP on and counts the bytes that follow the HTTP heads of each connection. */
export class CountingProxy {
  up = 0;
  down = 0;
  /** How often the direction turned from up to down: round trips. */
  turns = 0;
  readonly #server: Server;
  #lastDirection: "up" | "down" = "down";

  readonly #hasHeads: boolean;

  private constructor(targetPort: number, hasHeads: boolean) {
    this.#hasHeads = hasHeads;
    this.#server = createServer((client) => {
      const target = connect(targetPort, "127.0.0.1");
      this.#pipe(client, target, "up");
      this.#pipe(target, client, "down");
    });
  }

  /** `heads`: whether each connection begins with an HTTP head, which does not count. */
  static async start(targetPort: number, heads: "heads" | "no heads" = "heads"): Promise<CountingProxy> {
    const proxy = new CountingProxy(targetPort, heads === "heads");
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  stop(): void {
    this.#server.close();
  }

  #pipe(from: Socket, to: Socket, direction: "up" | "down"): void {
    let isHead = this.#hasHeads;
    from.setNoDelay(true);
    from.on("error", () => to.destroy());
    from.on("close", () => to.end());
    from.on("data", (data: Buffer) => {
      const end = isHead ? data.indexOf("\r\n\r\n") : -4;
      if (end >= 0 || !isHead) {
        const bytes = data.length - (end + 4);
        if (direction === "up") this.up += bytes;
        else this.down += bytes;
        // The closing frame (RFC 6455, opcode 8) says goodbye; nobody waits for it.
        const isClosing = data[end + 4] === 0x88;
        if (bytes > 0 && !isClosing && direction === "down" && this.#lastDirection === "up") this.turns += 1;
        if (bytes > 0) this.#lastDirection = direction;
        isHead = false;
      }
      to.write(data);
    });
  }
}

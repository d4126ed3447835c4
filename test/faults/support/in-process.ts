import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { toHex } from "@darksync/core/bytes";
import type { Signer } from "@darksync/core/ports";
import { relayPorts } from "@darksync/node/process-ports";
import { openRelayKey } from "@darksync/node/relay-key";
import { serveRelay } from "@darksync/node/relay-server";
import { openRelaySpaces } from "@darksync/node/sqlite/relay-spaces";
import { Relay } from "@darksync/runtime/relay/relay";
import type { SealingLimits } from "@darksync/runtime/relay/sealer";
import { runCli } from "../../../apps/cli/src/cli.js";

/** What a command came to. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The document that `--json` printed; throws if stdout is none. */
  readonly json: Record<string, unknown>;
}

/**
 * Runs a command of the sources within this process, so that its writes can be watched and thousands of runs take
 * seconds. One at a time.
 */
export async function command(...args: readonly string[]): Promise<Ran> {
  const printed = { stdout: "", stderr: "" };
  const restore = (["stdout", "stderr"] as const).map((name) => {
    const stream = process[name];
    const write = stream.write;
    stream.write = ((text: string | Uint8Array) => {
      printed[name] += typeof text === "string" ? text : Buffer.from(text).toString();
      return true;
    }) as typeof write;
    return () => {
      stream.write = write;
    };
  });
  const { exitCode } = process;
  try {
    const code = await runCli(args);
    return {
      code,
      ...printed,
      get json() {
        return JSON.parse(printed.stdout) as Record<string, unknown>;
      },
    };
  } finally {
    process.exitCode = exitCode;
    for (const undo of restore) undo();
  }
}

/** A relay of the sources that listens within this process. */
export interface LocalRelay {
  readonly port: number;
  readonly url: string;
  readonly relay: Relay;
  /** Hex: the key that signs what it seals. */
  readonly publicKey: string;
  /** Failures that no client could do anything about. */
  readonly failures: readonly unknown[];
  close(): Promise<void>;
}

function keyOf(data: string): Signer {
  const key = openRelayKey(data);
  if (!key.ok) throw new Error(key.problem.message);
  return key.value;
}

/** A relay seals what comes to so little, at once: then a short session is sealed, too. */
export const eagerLimits: SealingLimits = { changes: 2, bytes: 64 * 1024, quietMs: 0 };

/** Serves this folder. Port 0 takes any. `limits`: when logs are sealed. */
export async function serve(
  data: string,
  port = 0,
  limits: SealingLimits = relayPorts.sealing.limits,
): Promise<LocalRelay> {
  const failures: unknown[] = [];
  const spaces = openRelaySpaces(data);
  const signer = keyOf(data);
  const relay = new Relay({
    ...relayPorts,
    sealing: { ...relayPorts.sealing, limits },
    signer,
    spaces,
    onFailure: (error) => failures.push(error),
  });
  const { server, close } = serveRelay(
    relay,
    async () => "",
    () => false,
  );
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: taken } = server.address() as AddressInfo;
  return {
    port: taken,
    url: `http://127.0.0.1:${taken}`,
    relay,
    publicKey: toHex(signer.publicKey),
    failures,
    close: async () => {
      await close();
      await relay.close();
    },
  };
}

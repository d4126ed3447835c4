import { setTimeout as pause } from "node:timers/promises";
import type { LogName, Vector } from "@darksync/core/vector";
import { decodeManifest } from "@darksync/log/manifest";
import { relayPorts } from "@darksync/node/process-ports";
import { httpSegmentSource } from "@darksync/node/segment-source";
import { type Replica, readFacts } from "@darksync/runtime/replica/replica";
import type { Running } from "./processes.ts";

const lookAgainMs = 500;

/** Waits until a relay, which has all that a replica has, has sealed what it seals of that. */
export async function waitUntilSealed({ port }: Pick<Running, "port">, replica: Replica): Promise<void> {
  const { space, logs } = replica.store.read((tables) => ({
    space: readFacts(tables).space,
    logs: tables.blocks.logs(),
  }));
  for (const log of logs) {
    while (isMuch(replica, log, await sealedVector(`ws://127.0.0.1:${port}/v1`, space, log)))
      await pause(lookAgainMs);
  }
}

async function sealedVector(url: string, space: string, log: LogName): Promise<Vector> {
  const answer = await httpSegmentSource.manifest(url, space, log);
  if (!answer.ok) throw new Error(answer.problem.message);
  const manifest = answer.value === null ? null : decodeManifest(answer.value);
  return new Map(manifest?.tips.map(({ stream, seq }) => [stream, seq]));
}

/** Whether so much lies beyond a vector that it will be sealed. */
function isMuch({ store }: Replica, log: LogName, sealed: Vector): boolean {
  return store.read(({ blocks }) => {
    let changes = 0;
    let bytes = 0;
    for (const stream of blocks.tips(log).keys()) {
      for (const block of blocks.read(log, stream, (sealed.get(stream) ?? 0) + 1, Number.MAX_SAFE_INTEGER)) {
        changes += block.changeCount;
        bytes += block.bytes.length;
      }
    }
    return changes >= relayPorts.sealing.limits.changes || bytes >= relayPorts.sealing.limits.bytes;
  });
}

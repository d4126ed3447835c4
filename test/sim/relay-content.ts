import { changeId } from "@darksync/core/change";
import { deviceOf } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import { nodeCompression, sha256 } from "@darksync/node/crypto";
import { memoryReplicaStore } from "@darksync/runtime/memory/replica-store";
import { ingest } from "@darksync/runtime/replica/ingest";
import { updateBeyond } from "@darksync/runtime/replica/log-view";
import { openReplica, type Replica } from "@darksync/runtime/replica/replica";
import { changesOfBlock } from "./blocks.ts";
import { blockPorts, type Device } from "./device.ts";
import { signerOf } from "./keys.ts";
import type { RelayNode } from "./relay-node.ts";

/** The ids of the changes in all blocks that count on a relay, as often as they are there. */
export function contentOf(relay: RelayNode, space: string): readonly string[] {
  const found = relay.stored(space, ({ blocks }) =>
    blocks.logs().flatMap((log) =>
      [...blocks.tips(log).keys()].flatMap((stream) => {
        const end = blocks.closedAt(log, stream) ?? Number.MAX_SAFE_INTEGER;
        return blocks
          .read(log, stream, 1, Number.MAX_SAFE_INTEGER)
          .filter(({ seq }) => seq <= end)
          .flatMap(({ bytes }) => changesOfBlock(nodeCompression, bytes))
          .map((change) => changeId(sha256, deviceOf(stream), log, change));
      }),
    ),
  );
  return found ?? [];
}

/** A replica of nobody that holds these logs of a relay and nothing else, made on the ports of a device. */
export async function replicaOf(
  relay: RelayNode,
  device: Device,
  logs: readonly LogName[],
): Promise<Replica> {
  const store = memoryReplicaStore(blockPorts);
  const replica = await openReplica({ ...device.ports, signer: signerOf(new Uint8Array(32)), store });
  const { space } = device;
  await store.write(({ meta }) => meta.set("space", space));
  for (const log of logs) {
    for (let reached: Vector = new Map(); ; ) {
      const from = reached;
      const batch = relay.stored(space, ({ blocks }) => updateBeyond(sha256, blocks, log, from, batchBytes));
      if (batch === null) break;
      await ingest(replica, log, batch.update);
      reached = batch.reached;
    }
  }
  return replica;
}

const batchBytes = 1024 * 1024;

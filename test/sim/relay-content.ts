import { changeId } from "@darksync/core/change";
import { deviceOf } from "@darksync/core/stream";
import { nodeCompression, sha256 } from "@darksync/node/crypto";
import { changesOfBlock } from "./blocks.ts";
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

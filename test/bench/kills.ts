import { join } from "node:path";
import { socketTransport } from "@darksync/node/socket-transport";
import { openRelaySpaces } from "@darksync/node/sqlite/relay-spaces";
import { processTimers } from "@darksync/node/timers";
import { vectorOf } from "@darksync/runtime/replica/log-view";
import { SyncSession } from "@darksync/runtime/replica/sync-session";
import type { Finding } from "./measure.ts";
import { edits, seeded } from "./payload.ts";
import { startRelay } from "./processes.ts";
import { makeSpace, saveInBatches } from "./spaces.ts";

const kills = 100;

/** T11: the relay is killed (-9) at a random moment while changes stream in; what it acknowledged must be there. */
export async function measureKills(dir: string): Promise<readonly Finding[]> {
  const random = seeded(11);
  const relayData = join(dir, "t11-relay");
  const replica = await makeSpace(join(dir, "t11"), "Ada", "normal");
  const definitions = edits(11, kills * 40, 500);
  let acknowledged = 0;
  let lost = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const relay = await startRelay(relayData);
    const session = new SyncSession(
      replica,
      { transport: socketTransport, timers: processTimers },
      `ws://127.0.0.1:${relay.port}/v1`,
      "once",
    );
    const ended = session.run();
    const killed = new Promise<void>((resolve) => {
      setTimeout(() => resolve(relay.stop("SIGKILL")), 5 + random() * 60);
    });
    await saveInBatches(replica, definitions.slice(kill * 40, kill * 40 + 40), 1);
    session.changed();
    await killed;
    await ended;
    const spaces = openRelaySpaces(relayData);
    const space = spaces.list()[0];
    const store = space === undefined ? null : spaces.open(space);
    for (const [log, vector] of replica.store.read((tables) =>
      tables.blocks.logs().map((name) => [name, tables.durable.durable(name)] as const),
    )) {
      const held = store?.read(({ blocks }) => vectorOf(blocks, log)) ?? new Map<string, number>();
      for (const [stream, seq] of vector) {
        acknowledged = Math.max(acknowledged, seq);
        lost += Math.max(0, seq - (held.get(stream) ?? 0));
      }
    }
    spaces.close();
  }
  replica.store.close();
  return [
    {
      target: "T11",
      work: `acknowledged blocks lost in ${kills} kills (${acknowledged} acknowledged)`,
      unit: "blocks",
      darksync: lost,
      raw: null,
      ratio: null,
      goal: "0",
      reached: lost === 0 && acknowledged > 0,
      samples: {},
    },
  ];
}

import { systemRandom } from "@darksync/node/crypto";
import { encodeMessage } from "@darksync/sync/message";
import { expect, test } from "vitest";
import { newSpaceId } from "../src/relay/relay.js";
import { SyncSession } from "../src/replica/sync-session.js";
import type { Transport } from "../src/transport.js";
import { newReplica, saveValue } from "./support/team.js";
import { noTimers } from "./support/wire.js";

test("R83: a relay that sends without end ends the sync, and fills no memory", async () => {
  const replica = await newReplica("Ada", newSpaceId(systemRandom));
  await saveValue(replica, "Acme.a", 1);
  const update = encodeMessage({ type: "update", log: "main/Acme", update: new Uint8Array(1024 * 1024) });
  let sent = 0;
  let isClosed = false;
  const transport: Transport = {
    connect: (_url, handler) => {
      setImmediate(() => {
        handler.onOpen();
        for (; !isClosed && sent < 1000; sent += 1) void handler.onMessage(update);
      });
      return { send: () => {}, drained: async () => {}, close: () => (isClosed = true) };
    },
  };
  const outcome = await new SyncSession(replica, { transport, timers: noTimers }, "relay", "once").run();
  expect(outcome.problem).toMatchObject({ code: "protocol", message: expect.stringContaining("far more") });
  expect(isClosed).toBe(true);
});

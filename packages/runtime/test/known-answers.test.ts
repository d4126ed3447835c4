import { firstHead } from "@darksync/log/head";
import { encodeStateVector } from "@darksync/log/state-vector";
import { sha256 } from "@darksync/node/crypto";
import { ClientConnection } from "@darksync/runtime/relay/client-connection";
import { decodeMessage, encodeMessage, type Message, protocolVersion } from "@darksync/sync/message";
import { expect, test, vi } from "vitest";
import { log, sealingSpace } from "./support/log-writer.js";

test("R84 of many who ask at once for the same, one has it made, and all are sent it before others have their turn", async () => {
  const { relay, space, writer } = await sealingSpace(100);
  await writer.write(3);
  const clients = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const told: Message[] = [];
      const send = (bytes: Uint8Array) => told.push(decodeMessage(bytes) as Message);
      const client = new ClientConnection(relay, { send, drained: async () => {}, close: () => {} }, null);
      const say = (message: Message) => client.onMessage(encodeMessage(message));
      const hello = { space: space.id, isNew: false, device: "00".repeat(32), only: [] };
      say({ type: "hello", version: protocolVersion, ...hello, digest: "00".repeat(32) });
      await vi.waitUntil(() => told.length > 0);
      return { told, say };
    }),
  );
  const stateVector = encodeStateVector(sha256, firstHead, new Map());
  let turns = 0;
  const { take } = relay.readingTurns;
  const taken = vi.spyOn(relay.readingTurns, "take").mockImplementation(async () => {
    await take.call(relay.readingTurns);
    turns += 1;
  });
  const reads = vi.spyOn(space.store, "read");
  for (const { say } of clients) say({ type: "ask", log, stateVector });
  await vi.waitUntil(() => clients.every(({ told }) => told.at(-1)?.type === "state"));
  taken.mockRestore();
  expect(reads.mock.calls.length).toBe(1);
  for (const { told } of clients)
    expect(told.map(({ type }) => type)).toEqual(["welcome", "update", "state"]);
  expect(turns).toBe(clients.length);
});

import { systemRandom } from "@darksync/node/crypto";
import { relayPorts } from "@darksync/node/process-ports";
import { expect, test } from "vitest";
import { memoryRelayStore } from "../src/memory/relay-spaces.js";
import { newSpaceId, Relay } from "../src/relay/relay.js";
import type { RelayStore } from "../src/store/store.js";
import { mustSync, newReplica, newSigner, pendingOf, saveValue, sync } from "./support/team.js";
import { Wire } from "./support/wire.js";

test("L5: a relay whose disk neither took nor gave anything for a moment goes on with that space", async () => {
  const memory = memoryRelayStore();
  let isFailing = false;
  let readsThatFail = 0;
  const store: RelayStore = {
    ...memory,
    durable: () => memory.durable(),
    close: () => memory.close(),
    write: (work) => {
      if (!isFailing) return memory.write(work);
      readsThatFail = 1;
      return Promise.reject(new Error("the disk failed"));
    },
    read: (work) => {
      if (readsThatFail === 0) return memory.read(work);
      readsThatFail -= 1;
      throw new Error("the disk failed again");
    },
  };
  const failures: unknown[] = [];
  const space = newSpaceId(systemRandom);
  const spaces = { list: () => [space], open: () => store, create: () => store, close: () => store.close() };
  const relay = new Relay({
    ...relayPorts,
    signer: newSigner(),
    spaces,
    onFailure: (error) => failures.push(error),
  });
  const wire = new Wire(relay);
  const ada = await newReplica("Ada", space);
  await mustSync(ada, wire);
  await saveValue(ada, "Acme.a", 1);
  isFailing = true;
  expect((await sync(ada, wire)).problem).toMatchObject({ code: "relay-failed" });
  expect(failures).toHaveLength(1);
  expect(pendingOf(ada)).toBe(1);
  isFailing = false;
  await mustSync(ada, wire);
  expect(pendingOf(ada)).toBe(0);
});

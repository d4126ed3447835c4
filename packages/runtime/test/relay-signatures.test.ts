import type { Signer } from "@darksync/core/ports";
import { firstHead } from "@darksync/log/head";
import { encodeAppends, parseAppends } from "@darksync/log/update";
import { blockPorts, sha256, systemRandom } from "@darksync/node/crypto";
import { relayPorts } from "@darksync/node/process-ports";
import { expect, test } from "vitest";
import { memoryRelaySpaces } from "../src/memory/relay-spaces.js";
import { newSpaceId, Relay } from "../src/relay/relay.js";
import { BlockStream, introduction } from "./support/block-stream.js";
import { newSigner } from "./support/team.js";

const log = "main/Acme";

/** A device that signs all its blocks but these, by number. */
function careless(signer: Signer, unsigned: readonly number[]): Signer {
  let count = 0;
  return {
    publicKey: signer.publicKey,
    sign: (message) => {
      count += 1;
      return unsigned.includes(count) ? Promise.resolve(systemRandom(64)) : signer.sign(message);
    },
  };
}

/** The next blocks of a stream in one update. */
async function together(stream: BlockStream, count: number): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  for (let made = 0; made < count; made += 1) {
    const known = () => ({ stream: stream.name, nextSeq: made + 1 });
    const parsed = parseAppends(sha256, firstHead, await stream.next(), made === 0 ? () => null : known);
    if (!parsed.ok) throw new Error(parsed.refusal.code);
    blocks.push(...parsed.runs.flatMap((run) => run.blocks));
  }
  return encodeAppends(sha256, firstHead, [{ stream: stream.name, firstSeq: 1, blocks }]);
}

test("L2.16: what a relay keeps may be sent on cut anywhere, so a block that is not signed ends what it takes", async () => {
  const signer = newSigner();
  const spaces = memoryRelaySpaces(blockPorts);
  const onFailure = (error: unknown) => expect.unreachable(String(error));
  const relay = new Relay({ ...relayPorts, signer, spaces, onFailure });
  const id = newSpaceId(systemRandom);
  spaces.create(id);
  const space = relay.space(id);
  await space?.admit("auth", await introduction(signer, id), null);
  const stream = new BlockStream(careless(signer, [3]), id, log);
  const admitted = await space?.admit(log, await together(stream, 5), null);
  expect(admitted?.heads).toMatchObject([{ stream: stream.name, seq: 2 }]);
  expect(admitted?.refused).toMatchObject([{ seq: 3, code: "bad-signature" }]);
  expect(space?.store.read(({ blocks }) => blocks.tip(log, stream.name)?.seq)).toBe(2);
  await relay.close();
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeUnsignedBlock, joinSignature, signedHash, streamRoot } from "@darksync/core/block";
import { encodeChange } from "@darksync/core/change";
import type { Signer } from "@darksync/core/ports";
import { epochBytes, type StreamName, streamName } from "@darksync/core/stream";
import { firstHead } from "@darksync/log/head";
import { encodeAppends, type Run } from "@darksync/log/update";
import { blockPorts, sha256, systemRandom } from "@darksync/node/crypto";
import { createDeviceKey } from "@darksync/node/device-key";
import { relayPorts } from "@darksync/node/process-ports";
import { memoryRelaySpaces } from "@darksync/runtime/memory/relay-spaces";
import { newSpaceId, Relay } from "@darksync/runtime/relay/relay";
import type { RelaySpace } from "@darksync/runtime/relay/relay-space";
import { expect, onTestFinished } from "vitest";
import { testSealing } from "./sealing.js";

/** The log that is written. */
export const log = "main/Acme";

/** A device that writes one stream of the log, block after block. */
export class LogWriter {
  readonly stream: StreamName;
  readonly #space: RelaySpace;
  readonly #signer: Signer;
  #seq = 0;
  #prev: string;

  constructor(space: RelaySpace, signer: Signer, ofLog: string = log) {
    this.#space = space;
    this.#signer = signer;
    this.stream = streamName({ device: signer.publicKey, epoch: systemRandom(epochBytes) });
    this.#prev = streamRoot(sha256, space.id, ofLog, this.stream);
  }

  /** The next block; nobody has it yet. */
  async next(change: Uint8Array = new Uint8Array([9, this.#seq])): Promise<Run> {
    const { stream } = this;
    const header = {
      ...{ stream, seq: this.#seq + 1, prev: this.#prev, closes: null },
      ...{ auth: new Map(), seen: new Map() },
    };
    const unsigned = encodeUnsignedBlock(blockPorts, header, [change]);
    const signature = await this.#signer.sign(unsigned.signed);
    this.#seq += 1;
    this.#prev = signedHash(sha256, unsigned.signed, signature);
    return { stream, firstSeq: this.#seq, blocks: [joinSignature(unsigned, signature)] };
  }

  /** Writes so many blocks of a change each to the relay. */
  async write(count: number, changeBytes = 2): Promise<void> {
    for (let left = count; left > 0; left -= 1) {
      const change = new Uint8Array(changeBytes);
      change.set([9, this.#seq]);
      const run = await this.next(change);
      await this.#space.admit(log, encodeAppends(sha256, firstHead, [run]), null);
    }
  }
}

/** A relay that seals so many changes at once, with a space in it and somebody who writes its log. */
export async function sealingSpace(
  changes: number,
): Promise<{ readonly relay: Relay; readonly space: RelaySpace; readonly writer: LogWriter }> {
  const folder = mkdtempSync(join(tmpdir(), "darksync-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const relay = new Relay({
    ...relayPorts,
    signer: createDeviceKey(join(folder, "relay.key")),
    sealing: testSealing(changes),
    spaces: memoryRelaySpaces(blockPorts),
    onFailure: (error) => expect.unreachable(String(error)),
  });
  const id = newSpaceId(systemRandom);
  const entered = relay.enter(id, id);
  if (!entered.ok) throw new Error(entered.problem.message);
  const space = entered.value;
  const signer = createDeviceKey(join(folder, "device.key"));
  const ops = [{ type: "IntroduceDevice", member: "Eve", supersedes: [] } as const];
  const change = { rules: 1, nonce: "00".repeat(6), time: { wallMs: 0, counter: 0 }, ops };
  const introduction = await new LogWriter(space, signer, "auth").next(encodeChange(change));
  await space.admit("auth", encodeAppends(sha256, firstHead, [introduction]), null);
  return { relay, space, writer: new LogWriter(space, signer) };
}

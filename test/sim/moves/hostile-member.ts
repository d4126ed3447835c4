import {
  type BlockHeader,
  encodeUnsignedBlock,
  joinSignature,
  signedHash,
  streamRoot,
} from "@darksync/core/block";
import { toHex } from "@darksync/core/bytes";
import { currentRules, encodeChange } from "@darksync/core/change";
import type { Op } from "@darksync/core/op/op";
import { opId } from "@darksync/core/op-id";
import { type StreamName, streamName } from "@darksync/core/stream";
import type { Seen, Vector } from "@darksync/core/vector";
import { firstHead } from "@darksync/log/head";
import { encodeAppends } from "@darksync/log/update";
import { nodeCompression, sha256 } from "@darksync/node/crypto";
import type { Chance } from "../chance.ts";
import { signerOf } from "../keys.ts";
import type { Move } from "../move.ts";
import { placeOf } from "../places.ts";
import type { RelayNode } from "../relay-node.ts";
import type { World } from "../world.ts";

const ports = { hash: sha256, compression: nodeCompression };

/**
 * A member with a device of her own who breaks every rule that nobody else would: second blocks at one place, blocks
 * that claim to have seen what is not there, namings that replace what they never saw, changes that are none.
 */
export const hostileMemberMove: Move = {
  name: "hostile-member",
  kind: "fault",
  weight: 4,
  run: (world, chance) => {
    const relay = chance.pick(world.relays);
    const space = world.devices[0]?.space ?? "";
    const entered = relay.relay?.space(space) ?? null;
    if (entered === null) return;
    world.tell(relay.name, "a member lies to it");
    const log = chance.percent(80) ? chance.pick(["main/Acme", "main/Beta"]) : "auth";
    void offer(world, chance, relay, space, log);
  },
};

async function offer(
  world: World,
  chance: Chance,
  relay: RelayNode,
  space: string,
  log: string,
): Promise<void> {
  const signer = signerOf(world.chance.fork("mallory").bytes(32));
  // A few epochs, so that she comes back to them with other blocks.
  const epoch = world.chance.fork(`epoch ${log} ${chance.below(2)}`).bytes(8);
  const stream = streamName({ device: signer.publicKey, epoch });
  const introduction = streamName({ device: signer.publicKey, epoch: new Uint8Array(8) });
  const hello: Op = { type: "IntroduceDevice", member: "Mallory", supersedes: [] };
  const runs: [string, StreamName, readonly Uint8Array[]][] = [];
  const sign = async (header: BlockHeader, changes: readonly Uint8Array[]) => {
    const unsigned = encodeUnsignedBlock(ports, header, changes);
    const signature = await signer.sign(unsigned.signed);
    return {
      bytes: joinSignature(unsigned, signature),
      hash: signedHash(sha256, unsigned.signed, signature),
    };
  };
  const first = { seq: 1, closes: null, auth: new Map(), seen: new Map() };
  const root = (name: string, of: StreamName) => streamRoot(sha256, space, name, of);
  const introduced = await sign({ ...first, stream: introduction, prev: root("auth", introduction) }, [
    changeOf(hello, "00".repeat(6)),
  ]);
  runs.push(["auth", introduction, [introduced.bytes]]);
  let prev = root(log, stream);
  const blocks: Uint8Array[] = [];
  for (let seq = 1; seq <= chance.between(1, 3); seq += 1) {
    const header: BlockHeader = { ...first, stream, seq, prev, ...liesOf(world, chance) };
    const made = await sign(header, [changeFor(world, chance)]);
    blocks.push(made.bytes);
    prev = chance.percent(90) ? made.hash : toHex(chance.bytes(32));
  }
  runs.push([log, stream, blocks]);
  const entered = relay.relay?.space(space) ?? null;
  if (entered === null) return;
  for (const [name, of, bytes] of runs) {
    const update = encodeAppends(sha256, firstHead, [{ stream: of, firstSeq: 1, blocks: bytes }]);
    // What is refused is refused: she does not mind.
    await entered.admit(name, update, null).catch(() => {});
  }
}

function changeOf(op: Op, nonce: string): Uint8Array {
  return encodeChange({ rules: currentRules, nonce, time: { wallMs: 1, counter: 0 }, ops: [op] });
}

/** A change that names what is there, what is not, or what only others know. */
function changeFor(world: World, chance: Chance): Uint8Array {
  if (chance.percent(10)) return chance.bytes(chance.between(1, 30));
  const saved = [...world.ledger.saved.keys()];
  const known = saved.length === 0 ? toHex(chance.bytes(32)) : chance.pick(saved);
  const supersedes = chance.percent(40)
    ? []
    : [opId(chance.percent(80) ? known : toHex(chance.bytes(32)), chance.below(3))];
  const location = placeOf(world, chance);
  const wallMs = chance.percent(20) ? Number.MAX_SAFE_INTEGER : chance.below(2 ** 41);
  const op: Op = chance.percent(50)
    ? { type: "UnsetName", location, movedTo: chance.percent(30) ? placeOf(world, chance) : null, supersedes }
    : { type: "Deprecate", location, message: "no", supersedes };
  return encodeChange({
    rules: currentRules,
    nonce: toHex(chance.bytes(6)),
    time: { wallMs, counter: chance.percent(10) ? 2 ** 31 : 0 },
    ops: [op],
  });
}

function liesOf(world: World, chance: Chance): { readonly auth: Vector; readonly seen: Seen } {
  if (chance.percent(50)) return { auth: new Map(), seen: new Map() };
  const device = chance.pick(world.devices);
  const seen = device.read(
    ({ blocks }) =>
      new Map(
        blocks
          .logs()
          .map((log) => [
            log,
            new Map([...blocks.tips(log)].map(([name, { seq }]) => [name, seq + chance.below(3)])),
          ]),
      ),
  );
  const auth = chance.percent(20) ? (seen.get("auth") ?? new Map()) : new Map();
  seen.delete("auth");
  return { auth, seen };
}

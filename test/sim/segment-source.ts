import { failure, type Result, success } from "@darksync/core/result";
import type { SegmentSource } from "@darksync/runtime/transport";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import { corrupted, type NetworkHabits } from "./network.ts";
import { never, type Process } from "./process.ts";
import type { RelayNode } from "./relay-node.ts";

/** What befalls what is fetched, out of a hundred times each. */
export interface FetchHabits {
  readonly cutShare: number;
  readonly corruptShare: number;
  readonly missingShare: number;
}

/** What fetching runs on. */
export interface FetchPorts {
  readonly agenda: Agenda;
  readonly chance: Chance;
  readonly network: NetworkHabits;
  readonly process: Process;
  readonly relay: RelayNode;
  readonly habits: FetchHabits;
}

/** What a relay has sealed, over a network that cuts answers short, changes them, or gives none. */
export function simulatedSegments(ports: FetchPorts): SegmentSource {
  return {
    manifest: (_url, space, log) =>
      fetched(ports, async (relay) => success((await relay.space(space)?.history.manifest(log)) ?? null)),
    segment: (_url, space, log, hash, offset) =>
      fetched(ports, async (relay) => {
        const bytes = ports.relay.segmentsGone ? null : await relay.space(space)?.history.segment(log, hash);
        return bytes == null ? missing : success(bytes.subarray(offset));
      }),
  };
}

type Relay = NonNullable<RelayNode["relay"]>;

async function fetched<Value extends Uint8Array | null>(
  ports: FetchPorts,
  answer: (relay: Relay) => Promise<Result<Value>>,
): Promise<Result<Value>> {
  await pause(ports);
  const { chance, network, process, habits } = ports;
  if (!process.isAlive) return never();
  const { relay } = ports.relay;
  if (network.isDown || relay === null || chance.percent(habits.missingShare)) return unreachable;
  const result = await withinTime(ports, answer(relay));
  await pause(ports);
  if (!process.isAlive) return never();
  return result.ok ? success(befallen(ports, result.value)) : result;
}

function pause({ agenda, chance, network }: FetchPorts): Promise<void> {
  return new Promise((resolve) => {
    agenda.after(chance.between(network.leastMs, network.mostMs), resolve);
  });
}

/** A relay that dies over it answers nobody. */
function withinTime<Value>({ agenda }: FetchPorts, answer: Promise<Result<Value>>): Promise<Result<Value>> {
  return new Promise((resolve) => {
    const callOff = agenda.after(30_000, () => resolve(unreachable));
    const done = (result: Result<Value>) => {
      callOff();
      resolve(result);
    };
    answer.then(done, () => done(unreachable));
  });
}

function befallen<Value extends Uint8Array | null>({ chance, habits }: FetchPorts, value: Value): Value {
  if (value === null || value.length === 0) return value;
  if (chance.percent(habits.cutShare)) return value.subarray(0, chance.below(value.length)) as Value;
  return chance.percent(habits.corruptShare) ? (corrupted(chance, value) as Value) : value;
}

const unreachable = failure("relay-unreachable", "nobody answers there", "Try again.");
const missing = failure("segment-missing", "the relay has no such segment", "Sync again.");

import type { Conflict } from "@darksync/core/conflict";
import type { Result } from "@darksync/core/result";
import { systemRandom } from "@darksync/node/crypto";
import { remove } from "../../src/edit/remove.js";
import { rename } from "../../src/edit/rename.js";
import { save } from "../../src/edit/save.js";
import { listConflicts } from "../../src/read/conflicts.js";
import { newSpaceId } from "../../src/relay/relay.js";
import type { Replica } from "../../src/replica/replica.js";
import type { ReplicaStore } from "../../src/store/store.js";
import { mustSync, newRelay, newReplica, saveValue } from "./team.js";
import { Wire } from "./wire.js";

/** Ada, who made the namespace Acme, and Bob, in one space. */
export interface Pair {
  readonly ada: Replica;
  readonly bob: Replica;
  readonly wire: Wire;
}

/** Two who have met. */
export async function newPair(storeOfAda?: ReplicaStore): Promise<Pair> {
  const wire = new Wire(newRelay());
  const ada = await newReplica("Ada", newSpaceId(systemRandom), storeOfAda);
  await mustSync(ada, wire);
  const bob = await newReplica("Bob", "");
  await meet({ ada, bob, wire });
  return { ada, bob, wire };
}

/** Syncs until both have all. */
export async function meet({ ada, bob, wire }: Pair): Promise<void> {
  for (const replica of [ada, bob, ada]) await mustSync(replica, wire);
}

/** The value of a result that must be one. */
export async function must<Value>(result: Promise<Result<Value>> | Result<Value>): Promise<Value> {
  const awaited = await result;
  if (!awaited.ok) throw new Error(`${awaited.problem.message} (${awaited.problem.code})`);
  return awaited.value;
}

/** What each of the two does, having seen the same before, for a conflict of each kind about `Acme.NAME`. */
export const disagreements: Readonly<
  Record<
    Exclude<Conflict["kind"], "dependency">,
    {
      readonly before: (ada: Replica, name: string) => Promise<unknown>;
      readonly ada: (ada: Replica, name: string) => Promise<unknown>;
      readonly bob: (bob: Replica, name: string) => Promise<unknown>;
    }
  >
> = {
  "edit-edit": {
    before: (ada, name) => saveValue(ada, `Acme.${name}`, 1),
    ada: (ada, name) => saveValue(ada, `Acme.${name}`, 2),
    bob: (bob, name) => saveValue(bob, `Acme.${name}`, 3),
  },
  "edit-delete": {
    before: (ada, name) => saveValue(ada, `Acme.${name}`, 1),
    ada: (ada, name) => saveValue(ada, `Acme.${name}`, 2),
    bob: (bob, name) => must(remove(bob, `Acme.${name}`)),
  },
  "both-created": {
    before: async () => {},
    ada: (ada, name) => saveValue(ada, `Acme.${name}`, 2),
    bob: (bob, name) => saveValue(bob, `Acme.${name}`, 3),
  },
  "kind-changed": {
    before: (ada, name) => saveValue(ada, `Acme.${name}`, 1),
    ada: (ada, name) => must(save(ada, `Acme.${name}`, `let ${name} (x: Int) : Int = x\n`)),
    bob: (bob, name) => saveValue(bob, `Acme.${name}`, 3),
  },
  "move-move": {
    before: (ada, name) => saveValue(ada, `Acme.${name}`, 1),
    ada: (ada, name) => must(rename(ada, `Acme.${name}`, `Acme.${name}Ada`)),
    bob: (bob, name) => must(rename(bob, `Acme.${name}`, `Acme.${name}Bob`)),
  },
  "name-taken": {
    before: async (ada, name) => {
      await saveValue(ada, `Acme.${name}One`, 1);
      await saveValue(ada, `Acme.${name}Two`, 2);
    },
    ada: (ada, name) => must(rename(ada, `Acme.${name}One`, `Acme.${name}`)),
    bob: (bob, name) => must(rename(bob, `Acme.${name}Two`, `Acme.${name}`)),
  },
};

export type Disagreement = keyof typeof disagreements;

/** Every kind of conflict that has sides. */
export const kinds: readonly Disagreement[] = Object.keys(disagreements) as Disagreement[];

/** Makes the two disagree about `Acme.NAME`; both know of it. */
export async function disagree(pair: Pair, kind: Disagreement, name = "rate"): Promise<Conflict> {
  const { before, ada, bob } = disagreements[kind];
  await before(pair.ada, name);
  await meet(pair);
  await ada(pair.ada, name);
  await bob(pair.bob, name);
  await meet(pair);
  const found = conflictsOf(pair.ada).filter(({ locations }) =>
    locations.some((location) => location.startsWith(`Acme.${name}`)),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} conflicts about ${name}`);
  return only;
}

/** The conflicts that a replica knows. */
export function conflictsOf(replica: Replica): readonly Conflict[] {
  return replica.store.read((tables) => listConflicts(replica, tables));
}

/** Locations with their texts, as a replica shows them; without what is in conflict. */
export function textsOf({ store }: Replica): Readonly<Record<string, string>> {
  return store.read(({ packages }) =>
    Object.fromEntries(
      packages.names("", Number.MAX_SAFE_INTEGER).flatMap(({ location, shown, conflict }) => {
        const hash = shown?.value.type === "definition" ? shown.value.hash : null;
        const text = hash === null ? null : packages.text(hash);
        return text === null || conflict !== null ? [] : [[location, text.tail.trim()]];
      }),
    ),
  );
}

import { success } from "@darksync/core/result";
import { systemRandom } from "@darksync/node/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { remove } from "../src/edit/remove.js";
import { rename } from "../src/edit/rename.js";
import { undo } from "../src/edit/undo.js";
import { newSpaceId } from "../src/relay/relay.js";
import { commitChange } from "../src/replica/commit-change.js";
import { currentStream } from "../src/replica/epoch.js";
import { refoldAll } from "../src/replica/full-sync.js";
import { park } from "../src/replica/park.js";
import type { Replica } from "../src/replica/replica.js";
import { expectSound } from "./support/check.js";
import { dependenciesOf, expectAsNaive, saveText } from "./support/dependencies.js";
import { hand, handAll, meet, signAll, streamsOf } from "./support/exchange.js";
import { newReplica, newSigner, viewOf } from "./support/team.js";

const locations = ["Acme.f", "Acme.g", "Acme.M.f", "Acme.M.g", "Acme.M.k", "Other.N.h", "Other.N.k"];
const mentions = ["f", "g", "k", "M.f", "Acme.g", "Other.N.h", "Other.N.k"];
const signatures = ["(a: Int64)", "(a: String)", "(a: Int64) (b: Int64)"];

const place = fc.integer({ min: 0, max: locations.length - 1 });
const who = fc.integer({ min: 0, max: 2 });

/** Mostly each edits places of its own: what is in a conflict of its own makes no record. */
const homes = [
  [0, 3, 6],
  [1, 4],
  [2, 5],
];
const whoAndPlace = who.chain((owner) =>
  fc.record({
    who: fc.constant(owner),
    place: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...(homes[owner] ?? [])) },
      { weight: 1, arbitrary: place },
    ),
  }),
);

const anyStep = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant("save" as const),
      at: whoAndPlace,
      signature: fc.integer({ min: 0, max: signatures.length - 1 }),
      uses: fc.subarray(mentions, { minLength: 1, maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("remove" as const), who, place }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("move" as const), who, place, to: place }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("undo" as const, "accept" as const), who }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("sign" as const), who }) },
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant("hand" as const),
      who,
      to: who,
      stream: fc.nat(),
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("meet" as const), who, to: who }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("close" as const), who, kept: fc.integer({ min: 0, max: 3 }) }),
  },
);
type Step = typeof anyStep extends fc.Arbitrary<infer Value> ? Value : never;

async function play(team: readonly Replica[], step: Step): Promise<void> {
  const replica = at(team, whoOf(step));
  switch (step.type) {
    case "save": {
      const location = at(locations, step.at.place);
      const body = step.uses.map((name) => `(${name} 1L)`).join(" + ");
      const name = location.split(".").at(-1);
      await saveText(
        replica,
        location,
        `let ${name} ${at(signatures, step.signature)} : Int64 = ${body} + a`,
      );
      return;
    }
    case "remove":
      await remove(replica, at(locations, step.place));
      return;
    case "move":
      await rename(replica, at(locations, step.place), at(locations, step.to));
      return;
    case "undo":
      await undo(replica, null);
      return;
    case "accept":
      await acceptFirst(replica);
      return;
    case "sign":
      return signAll(replica);
    case "hand": {
      const streams = streamsOf(replica).filter(({ log }) => log !== "auth");
      const chosen = streams[step.stream % Math.max(1, streams.length)];
      if (chosen !== undefined && step.to !== step.who)
        await hand(replica, at(team, step.to), chosen.log, chosen.stream, step.limit);
      return;
    }
    case "close":
      return closeEpoch(replica, step.kept);
    case "meet":
      return meet(replica, at(team, step.to));
  }
}

function whoOf(step: Step): number {
  return step.type === "save" ? step.at.who : step.who;
}

async function acceptFirst(replica: Replica): Promise<void> {
  const conflict = replica.store.read(({ dependencies }) => dependencies.records()[0]?.conflict);
  if (conflict == null) return;
  await commitChange(replica, ({ packages }) => {
    const supersedes = packages.heads({ type: "acceptance", key: conflict }).map(({ id }) => id);
    return success({ log: "main/Acme", ops: [{ type: "Accept", conflict, supersedes }] });
  });
}

/** As if the relay had another block after the first `most` ones: the changes in the others go to a new epoch. */
async function closeEpoch(replica: Replica, most: number): Promise<void> {
  const log = "main/Acme";
  const stream = replica.store.read((tables) => currentStream(tables, log));
  if (stream === null) return;
  const kept = replica.store.read(({ blocks }) => Math.min(most, blocks.tip(log, stream)?.seq ?? 0));
  const problem = { code: "fork", message: "another block", hint: "none" };
  await replica.store.write(({ durable }) =>
    durable.setDurable(log, new Map(durable.durable(log)).set(stream, kept)),
  );
  await park(replica, { log, stream, seq: kept + 1, problem, changes: [] });
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new Error(`no item ${index}`);
  return item;
}

test("O4.6, O8: in whatever order blocks come, the records are those that a look at all pairs finds, the same for all", async () => {
  const signers = Array.from({ length: 4 }, newSigner);
  let recorded = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 45, size: "max" }), async (steps) => {
      const space = newSpaceId(systemRandom);
      const team = await Promise.all(
        ["Ada", "Bob", "Carl"].map((name, index) => newReplica(name, space, undefined, signers[index])),
      );
      await meet(...team);
      for (const location of locations)
        await saveText(at(team, 0), location, `let ${location.split(".").at(-1)} (a: Int64) : Int64 = a`);
      await meet(...team);
      for (const step of steps) {
        await play(team, step);
        for (const replica of team) expectAsNaive(replica);
        recorded += dependenciesOf(at(team, whoOf(step))).length;
      }
      await meet(...team);
      const late = await newReplica("Dora", space, undefined, signers[3]);
      await handAll(at(team, 0), late);
      const expected = dependenciesOf(late);
      for (const replica of [...team, late]) {
        expect(viewOf(replica)).toEqual(viewOf(late));
        expect(dependenciesOf(replica)).toEqual(expected);
        expectAsNaive(replica);
        await expectSound(replica);
        await refoldAll(replica);
        expect(dependenciesOf(replica)).toEqual(expected);
      }
    }),
    { numRuns: 60 },
  );
  // What never makes a record would prove nothing.
  expect(recorded).toBeGreaterThan(20);
}, 120_000);

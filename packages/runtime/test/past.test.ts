import { systemRandom } from "@darksync/node/crypto";
import { expect, test } from "vitest";
import { viewDefinitionAt } from "../src/read/definition.js";
import { readHistory } from "../src/read/history.js";
import { momentOf } from "../src/read/past.js";
import { newSpaceId } from "../src/relay/relay.js";
import type { Replica } from "../src/replica/replica.js";
import { mustSync, newRelay, newReplica, saveValue } from "./support/team.js";
import { Wire } from "./support/wire.js";

const names = ["Ada", "Bob", "Cleo", "Dan", "Eve", "Flo"];

/** The text that a location had after a change. */
function textAfter(replica: Replica, location: string, change: string): string {
  return replica.store.read((tables) => {
    const moment = momentOf(tables, change);
    const viewed = moment.ok ? viewDefinitionAt(replica, tables, location, moment.value) : moment;
    return viewed.ok ? viewed.value.source : viewed.problem.message;
  });
}

test("R95: a newcomer's history and old versions do not follow the order in which they came", async () => {
  const wire = new Wire(newRelay());
  const changes: string[] = [];
  // Each writes a stream of their own, after all before them, and a newcomer gets the streams in any order.
  for (const [index, name] of names.entries()) {
    const mate = await newReplica(name, index === 0 ? newSpaceId(systemRandom) : "");
    await mustSync(mate, wire);
    changes.push(await saveValue(mate, "Acme.a", index));
    await mustSync(mate, wire);
  }
  const gil = await newReplica("Gil", "");
  await mustSync(gil, wire);
  const all = (limit: number) =>
    gil.store.read((tables) => readHistory(gil, tables, limit).map(({ id }) => id));
  expect(all(99).filter((id) => changes.includes(id))).toEqual([...changes].reverse());
  expect(all(3)).toEqual(all(99).slice(0, 3));
  const history = gil.store.read((tables) => readHistory(gil, tables, 99, "Acme.a"));
  expect(history.map(({ id }) => id)).toEqual([...changes].reverse());
  expect(changes.map((change) => textAfter(gil, "Acme.a", change))).toEqual(
    names.map((_, index) => `let a = ${index}L`),
  );
});

test("R95: what comes later is on top, however old it is", async () => {
  const wire = new Wire(newRelay());
  const ada = await newReplica("Ada", newSpaceId(systemRandom));
  await mustSync(ada, wire);
  const bob = await newReplica("Bob", "");
  await mustSync(bob, wire);
  const early = await saveValue(bob, "Acme.early", 1);
  const late = await saveValue(ada, "Acme.late", 1);
  await mustSync(bob, wire);
  await mustSync(ada, wire);
  const ids = ada.store.read((tables) => readHistory(ada, tables, 9).map(({ id }) => id));
  expect(ids.filter((id) => [early, late].includes(id))).toEqual([early, late]);
});

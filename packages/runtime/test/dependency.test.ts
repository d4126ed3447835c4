import type { Conflict } from "@darksync/core/conflict";
import type { Op } from "@darksync/core/op/op";
import { changeOf } from "@darksync/core/op-id";
import { success } from "@darksync/core/result";
import { systemRandom } from "@darksync/node/crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { resolveConflict } from "../src/conflict/resolve.js";
import { remove } from "../src/edit/remove.js";
import { rename } from "../src/edit/rename.js";
import { findConflict, listConflicts } from "../src/read/conflicts.js";
import { readStatus } from "../src/read/status.js";
import { newSpaceId } from "../src/relay/relay.js";
import { commitChange } from "../src/replica/commit-change.js";
import { refoldAll } from "../src/replica/full-sync.js";
import type { Replica } from "../src/replica/replica.js";
import { dependenciesOf, expectAsNaive, saveText } from "./support/dependencies.js";
import { hand, handAll, meet, signAll, streamsOf } from "./support/exchange.js";
import { newReplica } from "./support/team.js";

const total = "Acme.total";
const price = "Acme.price";
const priceOf = (parameters: string, body = "1L") => `let price ${parameters} : Int64 = ${body}`;
const usesPrice = (body = "price 1L") => `let total (a: Int64) : Int64 = ${body}`;

let ada: Replica;
let bob: Replica;

/** Both have `price`, and Ada a `total` that does not use it. */
beforeEach(async () => {
  const space = newSpaceId(systemRandom);
  [ada, bob] = [await newReplica("Ada", space), await newReplica("Bob", space)];
  await saveText(ada, price, priceOf("(a: Int64)"));
  await saveText(ada, total, usesPrice("2L"));
  await meet(ada, bob);
});

/** The one `dependency` record, which both must have. */
function recordOf(): Conflict {
  const [ofAda, ofBob] = [ada, bob].map((replica) => {
    expectAsNaive(replica);
    return replica.store.read((tables) => listConflicts(replica, tables));
  });
  expect(ofAda).toEqual(ofBob);
  expect(ofAda).toHaveLength(1);
  const [record] = ofAda ?? [];
  if (record?.kind !== "dependency") throw new Error("no dependency");
  return record;
}

function expectNone(): void {
  for (const replica of [ada, bob]) {
    expectAsNaive(replica);
    expect(dependenciesOf(replica)).toEqual([]);
    expect(conflictCount(replica)).toBe(0);
  }
}

function conflictCount({ store }: Replica): number {
  return store.read((tables) => readStatus(tables, false).conflicts);
}

function commitOps(replica: Replica, ...ops: readonly Op[]) {
  return commitChange(replica, () => success({ log: "main/Acme", ops }));
}

describe("O4.1, O4.6 what is a record", () => {
  test("a use that nothing stands against yet is looked at again when somebody settles what does", async () => {
    const fee = "Acme.fee";
    for (const [replica, body] of [
      [ada, "1L"],
      [bob, "2L"],
    ] as const)
      await saveText(replica, fee, `let fee (a: Int64) : Int64 = ${body}`);
    await signAll(ada);
    await handAll(ada, bob);
    await signAll(bob);
    await saveText(bob, total, usesPrice("fee 1L"));
    await signAll(bob);
    await rename(ada, fee, "Acme.fee0");
    await signAll(ada);
    for (const { log, stream } of streamsOf(bob)) await hand(bob, ada, log, stream);
    expectAsNaive(ada);
    await saveText(bob, fee, "let fee (a: Int64) : Int64 = 2L");
    await meet(ada, bob);
    expect(dependenciesOf(ada)).toHaveLength(1);
    expect(dependenciesOf(bob)).toEqual(dependenciesOf(ada));
    for (const replica of [ada, bob]) expectAsNaive(replica);
  });

  test("two that use each other are two records, each with an id of its own", async () => {
    await saveText(ada, price, priceOf("(a: Int64) (b: Int64)", "total 1L"));
    await saveText(bob, total, "let total (a: Int64) (b: Int64) : Int64 = price 1L");
    await meet(ada, bob);
    expectAsNaive(ada);
    const records = ada.store.read((tables) => listConflicts(ada, tables));
    expect(records.map(({ kind, location }) => [kind, location])).toEqual([
      ["dependency", price],
      ["dependency", total],
    ]);
    for (const { id } of records) {
      expect(ada.store.read((tables) => findConflict(ada, tables, id))).toMatchObject({ ok: true });
      expect(await resolveConflict(ada, id, { type: "accept" })).toMatchObject({ ok: true });
    }
    expect(ada.store.read((tables) => listConflicts(ada, tables))).toEqual([]);
  });

  test("one changed the signature of what the other came to use", async () => {
    const changed = await saveText(ada, price, priceOf("(a: Int64) (b: Int64)"));
    const used = await saveText(bob, total, usesPrice());
    await meet(ada, bob);
    const { location, locations, heads, base } = recordOf();
    expect(location).toBe(total);
    expect(locations).toEqual([price, total]);
    expect(heads.map((head) => [head.location, changeOf(head.id)]).sort()).toEqual([
      [price, changed],
      [total, used],
    ]);
    expect(base?.value).toMatchObject({ type: "definition" });
    for (const replica of [ada, bob]) expect(conflictCount(replica)).toBe(1);
  });

  test("one removed what the other goes on using in a text that it changed", async () => {
    await saveText(ada, total, usesPrice());
    await meet(ada, bob);
    await remove(ada, price);
    await saveText(bob, total, usesPrice("price 2L"));
    await meet(ada, bob);
    expect(
      recordOf()
        .heads.map(({ value }) => value.type)
        .sort(),
    ).toEqual(["definition", "nothing"]);
  });

  test("a move away counts, and says where to", async () => {
    await rename(ada, price, "Acme.cost");
    await saveText(bob, total, usesPrice());
    await meet(ada, bob);
    const moved = recordOf().heads.find((head) => head.location === price);
    expect(moved?.value).toEqual({ type: "nothing", movedTo: "Acme.cost" });
  });

  test("who waits unsigned is warned as soon as the change of the other comes", async () => {
    await saveText(bob, total, usesPrice());
    await saveText(ada, price, priceOf("(a: String)"));
    await meet(ada);
    await handAll(ada, bob);
    expect(dependenciesOf(bob)).toHaveLength(1);
    expectAsNaive(bob);
    const before = dependenciesOf(bob);
    await refoldAll(bob);
    expect(dependenciesOf(bob)).toEqual(before);
    await meet(ada, bob);
    expect(dependenciesOf(bob)).toEqual(before);
    recordOf();
  });

  test("an earlier version of a head may be the one that changed the signature", async () => {
    await saveText(ada, price, priceOf("(a: String)"));
    await meet(ada);
    await saveText(ada, price, priceOf("(a: String)", "5L"));
    await saveText(bob, total, usesPrice());
    await meet(ada, bob);
    recordOf();
  });
});

describe("O4.2 to O4.4 what is none", () => {
  test("another body under the same signature", async () => {
    await saveText(ada, price, priceOf("(a: Int64)", "3L"));
    await saveText(bob, total, usesPrice());
    await meet(ada, bob);
    expectNone();
  });

  test("one had seen the other", async () => {
    await saveText(ada, price, priceOf("(a: String)"));
    await meet(ada, bob);
    await saveText(bob, total, usesPrice());
    await meet(ada, bob);
    await saveText(ada, price, priceOf("(b: String)"));
    await meet(ada, bob);
    expectNone();
  });

  test("one device made both", async () => {
    await saveText(ada, price, priceOf("(a: String)"));
    await saveText(ada, total, usesPrice());
    await saveText(bob, "Acme.other", "let other (a: Int64) : Int64 = 1L");
    await meet(ada, bob);
    expectNone();
  });

  test("no use of it: in a comment, or of a nearer definition of that name", async () => {
    await saveText(ada, "Acme.Shop.price", priceOf("()"));
    await meet(ada, bob);
    await saveText(ada, price, priceOf("(a: String)"));
    await saveText(bob, total, usesPrice("2L // price"));
    await saveText(bob, "Acme.Shop.total", usesPrice());
    await meet(ada, bob);
    expectNone();
  });

  test("the author of the use knew no version of what was changed", async () => {
    await saveText(ada, "Acme.fresh", "let fresh (a: Int64) : Int64 = 1L");
    await saveText(ada, "Acme.fresh", "let fresh (a: String) : Int64 = 1L");
    await saveText(bob, total, usesPrice("fresh 1L"));
    await meet(ada, bob);
    expectNone();
  });

  test("white space and comments of a type; its code counts", async () => {
    await saveText(ada, "Acme.Money", "type Money = { amount: Int64 }");
    await meet(ada, bob);
    await saveText(ada, "Acme.Money", "/// Doc\ntype Money =\n  // what\n  { amount: Int64 }");
    await saveText(bob, total, "let total (a: Money) : Int64 = 1L");
    await meet(ada, bob);
    expectNone();
    await saveText(ada, "Acme.Money", "type Money = { cents: Int64 }");
    await saveText(bob, total, "let total (a: Money) : Int64 = 2L");
    await meet(ada, bob);
    recordOf();
  });

  test("whoever made the same change knows of it", async () => {
    await saveText(ada, price, priceOf("(a: String)"));
    await saveText(bob, price, priceOf("(a: String)"));
    await saveText(bob, total, usesPrice());
    await meet(ada, bob);
    expectNone();
  });
});

describe("O4.7 how it ends", () => {
  beforeEach(async () => {
    await saveText(ada, price, priceOf("(a: String)"));
    await saveText(bob, total, usesPrice());
    await meet(ada, bob);
    recordOf();
  });

  test("with a naming of the user that saw both, even if it still uses it", async () => {
    await saveText(ada, total, usesPrice('price "a"'));
    expect(dependenciesOf(ada)).toEqual([]);
    await meet(ada, bob);
    expectNone();
  });

  test("with a naming of the definition that saw both", async () => {
    await saveText(bob, price, priceOf("(a: Bool)"));
    await meet(ada, bob);
    expectNone();
  });

  test("with a change that saw one only, it becomes another one", async () => {
    const { id } = recordOf();
    await saveText(ada, price, priceOf("(a: Bool)"));
    await saveText(bob, "Acme.other", "let other () : Int64 = 1L");
    await meet(ada, bob);
    expectNone();
    const carl = await newReplica(
      "Carl",
      ada.store.read(({ meta }) => meta.get("space") ?? ""),
    );
    await meet(carl);
    await saveText(carl, "Acme.third", "let third () : Int64 = 1L");
    await meet(ada, bob, carl);
    expectAsNaive(carl);
    expect(dependenciesOf(carl).join()).not.toContain(id.slice(0, 8));
  });

  test("when it is accepted; and it is back when that is taken back", async () => {
    const { id } = recordOf();
    const accepted = await commitOps(ada, { type: "Accept", conflict: id, supersedes: [] });
    expect(dependenciesOf(ada)).toEqual([]);
    expect(conflictCount(ada)).toBe(0);
    await meet(ada, bob);
    for (const replica of [ada, bob]) expect(dependenciesOf(replica)).toEqual([]);
    if (!accepted.ok) throw new Error(accepted.problem.message);
    await commitOps(bob, { type: "Reopen", conflict: id, supersedes: [`${accepted.value}/0`] });
    await meet(ada, bob);
    expect(recordOf().id).toBe(id);
  });

  test("accepted is what stood then: another change of the definition is a record anew", async () => {
    const { id } = recordOf();
    await commitOps(ada, { type: "Accept", conflict: id, supersedes: [] });
    await meet(ada, bob);
    await saveText(ada, price, priceOf("(a: Float)"));
    await saveText(bob, total, usesPrice("price 9L"));
    await meet(ada, bob);
    expect(recordOf().id).not.toBe(id);
  });

  test("it is found by the beginning of its id", () => {
    const { id } = recordOf();
    const found = bob.store.read((tables) => findConflict(bob, tables, id.slice(0, 12)));
    expect(found).toMatchObject({ ok: true, value: { id, kind: "dependency" } });
  });
});

describe("O4.2, O4.5 what else decides", () => {
  test("none while either is in a conflict of its own", async () => {
    await saveText(ada, price, priceOf("(a: String)"));
    await saveText(ada, total, usesPrice("7L"));
    await saveText(bob, total, usesPrice());
    await meet(ada, bob);
    for (const replica of [ada, bob]) {
      expect(dependenciesOf(replica)).toEqual([]);
      expectAsNaive(replica);
      expect(conflictCount(replica)).toBe(1);
    }
  });

  test("a nearer definition that goes lets the name mean the one that was changed", async () => {
    await saveText(ada, "Acme.Shop.price", priceOf("()"));
    await saveText(ada, "Acme.Shop.total", usesPrice("2L"));
    await meet(ada, bob);
    await saveText(ada, price, priceOf("(a: String)"));
    await saveText(bob, "Acme.Shop.total", usesPrice());
    await meet(ada, bob);
    expectNone();
    await remove(ada, "Acme.Shop.price");
    await meet(ada, bob);
    expect(recordOf().location).toBe("Acme.Shop.total");
    await saveText(bob, "Acme.Shop.price", priceOf("()"));
    await meet(ada, bob);
    expectNone();
  });

  test("of a merge, each head counts that the other side had not seen", async () => {
    const longer = (signature: string, last: string) =>
      `let price ${signature} : Int64 =\n  let b = 1L\n  let c = 2L\n  let d = 3L\n  ${last}`;
    await saveText(ada, price, longer("(a: Int64)", "b"));
    await meet(ada, bob);
    await saveText(ada, price, longer("(a: String)", "b"));
    await saveText(bob, price, longer("(a: Int64)", "c"));
    await saveText(bob, total, usesPrice());
    await meet(ada, bob);
    const { heads } = recordOf();
    expect(heads).toHaveLength(2);
  });

  test("a use that followed a move counts where it stands now", async () => {
    const carl = await newReplica(
      "Carl",
      ada.store.read(({ meta }) => meta.get("space") ?? ""),
    );
    await meet(ada, bob, carl);
    await saveText(ada, price, priceOf("(a: String)"));
    await saveText(bob, total, usesPrice());
    await rename(carl, total, "Acme.sum");
    await meet(ada, bob, carl);
    const record = recordOf();
    expect(record.location).toBe("Acme.sum");
    expect(record.heads.map(({ location }) => location).sort()).toEqual([price, total]);
    expect(dependenciesOf(carl)).toEqual(dependenciesOf(ada));
  });

  test("also for what comes after it has followed", async () => {
    const carl = await newReplica(
      "Carl",
      ada.store.read(({ meta }) => meta.get("space") ?? ""),
    );
    await meet(ada, bob, carl);
    await saveText(ada, price, priceOf("(a: String)"));
    await saveText(bob, total, usesPrice());
    await rename(carl, total, "Acme.sum");
    await meet(bob, carl);
    await meet(ada, bob);
    expect(recordOf().location).toBe("Acme.sum");
  });

  test("it ends where an edit that followed a move is replaced at the place where it was written", async () => {
    const carl = await newReplica(
      "Carl",
      ada.store.read(({ meta }) => meta.get("space") ?? ""),
    );
    await meet(ada, bob, carl);
    await saveText(ada, price, priceOf("(a: String)"));
    await rename(carl, total, "Acme.sum");
    await meet(ada, carl);
    for (const [text, count] of [
      [usesPrice(), 1],
      [usesPrice("3L"), 0],
    ] as const) {
      await saveText(bob, total, text);
      await signAll(bob);
      await handAll(bob, ada);
      expectAsNaive(ada);
      expect(dependenciesOf(ada)).toHaveLength(count);
    }
  });

  test("removed is removed: who saw one of two moves knows that it is gone", async () => {
    const space = ada.store.read(({ meta }) => meta.get("space") ?? "");
    const [carl, dora] = [await newReplica("Carl", space), await newReplica("Dora", space)];
    await meet(ada, bob, carl, dora);
    await rename(ada, price, "Acme.cost");
    await rename(bob, price, "Acme.fee");
    await meet(ada, carl);
    await meet(bob, dora);
    await saveText(carl, total, usesPrice());
    await saveText(dora, "Acme.other", "let other (a: Int64) : Int64 = price a");
    await meet(ada, bob, carl, dora);
    expectAsNaive(ada);
    expect(dependenciesOf(ada)).toEqual([]);
  });

  test("O4.6 a text that comes after the name that binds it is looked at then", async () => {
    const space = ada.store.read(({ meta }) => meta.get("space") ?? "");
    const [carl, dora] = [await newReplica("Carl", space), await newReplica("Dora", space)];
    await meet(ada, bob, carl, dora);
    await saveText(carl, "Acme.copy", "let copy (a: Int64) : Int64 = price a");
    await meet(carl, bob);
    await rename(bob, "Acme.copy", "Acme.sum");
    await saveText(ada, price, priceOf("(a: String)"));
    for (const replica of [ada, bob]) await signAll(replica);
    const own = ({ device, store }: Replica) =>
      store.read(
        ({ blocks }) => [...blocks.tips("main/Acme").keys()].find((name) => name.startsWith(device)) ?? "",
      );
    for (const [from, count] of [
      [ada, 0],
      [bob, 0],
      [carl, 1],
    ] as const) {
      await hand(from, dora, "main/Acme", own(from));
      expectAsNaive(dora);
      expect(dependenciesOf(dora)).toHaveLength(count);
    }
  });

  test("versions that two imported alike are one: who had its own copy knew it (O2.2)", async () => {
    const space = newSpaceId(systemRandom);
    [ada, bob] = [await newReplica("Ada", space), await newReplica("Bob", space)];
    for (const replica of [ada, bob]) await saveText(replica, price, priceOf("(a: Int64)"));
    await saveText(ada, price, priceOf("(a: String)"));
    await saveText(bob, total, usesPrice());
    await meet(ada, bob);
    recordOf();
  });
});

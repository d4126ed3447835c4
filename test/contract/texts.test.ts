import { expect, test } from "vitest";
import { change, id } from "./support/samples.js";
import { describeStores } from "./support/suite.js";

const long = { kind: "fn", head: "let ", tail: " = ".padEnd(4000, "Stdlib.List.map ¼ 🦀 ") } as const;
const short = { kind: "type", head: "type ", tail: " = Int64" } as const;

describeStores("texts", ({ write, read, reopen }) => {
  test("evicts a text and keeps who brought it", async () => {
    await write(({ packages, changes, texts }) => {
      for (const number of [1, 2, 3]) changes.add(change(number));
      packages.putText(id(11), long, `${id(1)}/5`);
      packages.putText(id(12), short, `${id(2)}/0`);
      packages.putText(id(13), short, null);
      expect(texts.hasEvicted()).toBe(false);
      expect(texts.evict(id(11))).toBe(true);
      expect(texts.evict(id(11))).toBe(false);
      expect(texts.evict(id(13)), "what merging made can be read nowhere").toBe(false);
      expect(texts.evict(id(14))).toBe(false);
      expect([texts.hasEvicted(), texts.isEvicted(id(11)), texts.isEvicted(id(12))]).toEqual([
        true,
        true,
        false,
      ]);
    });
    reopen();
    read(({ packages, texts }) => {
      expect([packages.text(id(11)), packages.text(id(12))]).toEqual([null, short]);
      expect(texts.hasEvicted()).toBe(true);
      expect([11, 12, 13, 14].map((number) => texts.broughtBy(id(number)))).toEqual([
        `${id(1)}/5`,
        `${id(2)}/0`,
        null,
        null,
      ]);
      expect(texts.sizes()).toMatchObject({ heldCount: 2, evictedCount: 1 });
    });
  });

  test("holds an evicted text again when it is put", async () => {
    await write(({ packages, changes, texts }) => {
      changes.add(change(1));
      packages.putText(id(11), long, `${id(1)}/0`);
      texts.evict(id(11));
      packages.putText(id(11), long, `${id(1)}/0`);
      expect(packages.text(id(11))).toEqual(long);
      expect(texts.isEvicted(id(11))).toBe(false);
    });
  });

  test("asks whoever can for an evicted text, and for no other", async () => {
    const asked: string[] = [];
    await write(({ packages, changes, texts }) => {
      changes.add(change(1));
      packages.putText(id(11), long, `${id(1)}/0`);
      texts.evict(id(11));
    });
    read(({ packages, texts }) => {
      texts.readEvictedWith((hash) => {
        asked.push(hash);
        return short;
      });
      expect([packages.text(id(11)), packages.text(id(12))]).toEqual([short, null]);
      expect(asked).toEqual([id(11)]);
      expect(texts.isEvicted(id(11)), "it is read, not kept").toBe(true);
    });
  });

  test("lists the least recently used first, in pages", async () => {
    await write(({ packages, changes, texts }) => {
      changes.add(change(1));
      for (const number of [11, 12, 13, 14]) packages.putText(id(number), short, `${id(1)}/${number}`);
      packages.putText(id(15), short, null);
      texts.markUsed([id(11), id(13)], 20_000);
      texts.markUsed([id(11)], 20_001);
      texts.markUsed([id(11)], 3);
      texts.evict(id(12));
    });
    read(({ texts }) => {
      const [first, second, ...rest] = texts.leastUsed(null, 9);
      expect([first?.hash, second?.hash, rest.map(({ hash }) => hash)]).toEqual([id(14), id(13), [id(11)]]);
      expect(first).toMatchObject({ broughtBy: `${id(1)}/14`, byteCount: 13 });
      const after = texts.leastUsed(first?.cursor ?? null, 1);
      expect(after.map(({ hash }) => hash)).toEqual([id(13)]);
      expect(texts.leastUsed(rest[0]?.cursor ?? null, 9)).toEqual([]);
    });
  });

  test("packs texts, which read and are found as before", async () => {
    await write((tables) => {
      const { packages, changes, texts } = tables;
      changes.add(change(1));
      const location = { type: "name", key: "Acme.a" } as const;
      const value = { type: "definition", kind: "fn", hash: id(11), movedFrom: null } as const;
      const head = { id: `${id(1)}/0`, value, supersedes: [] };
      packages.addAssignment(location, head);
      packages.setHeads(location, [head]);
      packages.putText(id(11), long, `${id(1)}/0`);
      packages.putText(id(12), short, `${id(1)}/1`);
      packages.putText(id(13), { ...long, tail: "" }, `${id(1)}/2`);
      let next = texts.pack(null, 1);
      for (let rounds = 0; next !== null; rounds += 1) {
        expect(rounds).toBeLessThan(9);
        next = texts.pack(next, 1);
      }
    });
    reopen();
    read(({ packages }) => {
      expect([11, 12, 13].map((number) => packages.text(id(number)))).toEqual([
        long,
        short,
        { ...long, tail: "" },
      ]);
      expect(packages.search("let a = Stdlib.LIST.map ¼", 9)).toEqual(["Acme.a"]);
      expect(packages.search("nowhere", 9)).toEqual([]);
    });
  });

  test("knows which texts are waited for", async () => {
    await write(({ packages }) => {
      packages.awaitText(id(2), "Acme.a");
      packages.awaitText(id(1), "Acme.a");
      packages.awaitText(id(2), "Acme.b");
    });
    reopen();
    await write(({ packages }) => {
      expect(packages.awaitedTexts()).toEqual([id(1), id(2)]);
      packages.takeAwaiting(id(2));
      expect(packages.awaitedTexts()).toEqual([id(1)]);
    });
  });

  test("forgets all texts, evicted ones too, when the state is cleared", async () => {
    await write(({ packages, changes, texts }) => {
      changes.add(change(1));
      packages.putText(id(11), long, `${id(1)}/0`);
      texts.evict(id(11));
      packages.clear();
      expect([texts.hasEvicted(), texts.isEvicted(id(11)), texts.broughtBy(id(11))]).toEqual([
        false,
        false,
        null,
      ]);
    });
  });
});

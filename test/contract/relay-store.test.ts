import type { RelaySpaces, RelayStore } from "@darksync/runtime/store/store";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { adapters, type Opened } from "./support/adapters.js";

describe.each(adapters)("RelayStore ($name)", (adapter) => {
  let opened: Opened<RelaySpaces>;
  let store: RelayStore;
  beforeEach(() => {
    opened = adapter.spaces();
    store = opened.store.create("aa");
  });
  afterEach(() => opened.dispose());

  test("becomes durable while more is written, whoever asks how often, before the first write too", async () => {
    await store.durable();
    const asked: Promise<void>[] = [];
    for (let number = 0; number < 50; number += 1) {
      await store.write(({ meta }) => meta.set("last", `${number}`));
      asked.push(store.durable());
      if (number % 10 === 0) await asked.at(-1);
    }
    await Promise.all(asked);
    expect(store.read(({ meta }) => meta.get("last"))).toBe("49");
    expect(
      opened
        .reopen()
        .open("aa")
        ?.read(({ meta }) => meta.get("last")),
    ).toBe("49");
  });

  test("answers those who ask in their order", async () => {
    const order: number[] = [];
    const asked = [1, 2, 3, 4].map(async (number) => {
      await store.write(({ meta }) => meta.set("last", `${number}`));
      await store.durable();
      order.push(number);
    });
    await Promise.all(asked);
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test("a space that was closed opens again with all it had, at once", async () => {
    await store.write(({ meta }) => meta.set("last", "1"));
    store.close();
    const again = opened.store.open("aa");
    await again?.write(({ meta }) => meta.set("more", "2"));
    await again?.durable();
    expect(again?.read(({ meta }) => [meta.get("last"), meta.get("more")])).toEqual(["1", "2"]);
  });
});

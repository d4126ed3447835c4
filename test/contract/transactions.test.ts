import type { RelaySpaces } from "@darksync/runtime/store/store";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { adapters, type Opened } from "./support/adapters.js";
import { assigns, binds, block, change, id, item, nameOf, streamOf } from "./support/samples.js";
import { describeStores } from "./support/suite.js";

describeStores("Store", ({ write, read, store }) => {
  test("keeps nothing of a write that throws", async () => {
    await write(({ changes, meta }) => {
      changes.add(change(1));
      meta.set("clock", "1");
    });
    const failing = write(({ blocks, durable, changes, packages, queue, meta }) => {
      blocks.append("main/New", streamOf(3), block(1));
      durable.setDurable("main/New", new Map([[streamOf(3), 1]]));
      changes.add(change(2, { device: id(8), log: "main/New" }));
      changes.remove(id(1));
      packages.addAssignment(nameOf("Acme.a"), assigns(2, binds(1)));
      packages.setHeads(nameOf("Acme.a"), [assigns(2, binds(1))]);
      packages.putText(id(1), { kind: "fn", head: "let ", tail: "" }, null);
      queue.put(item(1));
      meta.set("clock", "2");
      throw new Error("stop");
    });
    await expect(failing).rejects.toThrow("stop");
    read(({ blocks, durable, changes, packages, queue, meta }) => {
      expect(blocks.logs()).toEqual([]);
      expect(durable.durable("main/New").size).toBe(0);
      expect([changes.has(id(1)), changes.has(id(2))]).toEqual([true, false]);
      expect(packages.registers("name")).toEqual([]);
      expect(packages.text(id(1))).toBeNull();
      expect(queue.list()).toEqual([]);
      expect(meta.get("clock")).toBe("1");
    });
    // Names of logs, devices and streams that were given numbers in it get new ones.
    await write(({ blocks, changes }) => {
      expect(changes.add(change(2, { device: id(8), log: "main/New" }))).toBe(2);
      blocks.append("main/New", streamOf(3), block(1));
    });
    read(({ blocks, changes }) => {
      expect(changes.get(id(2))?.device).toBe(id(8));
      expect(blocks.logs()).toEqual(["main/New"]);
    });
  });

  test("shows a write to itself, also through a read", async () => {
    await write(({ meta }) => {
      meta.set("clock", "5");
      expect(meta.get("clock")).toBe("5");
      expect(read((tables) => tables.meta.get("clock"))).toBe("5");
    });
  });

  test("gives what the work gives", async () => {
    expect(await write(() => 7)).toBe(7);
    expect(read(() => 8)).toBe(8);
  });

  test("does not nest writes, and does not write in a read", async () => {
    const nested = write(() => {
      void store().write(() => 1);
    });
    await expect(nested).rejects.toThrow("within another");
    expect(() => read(() => void store().write(() => 1))).toThrow("within another");
    expect(() => read(({ meta }) => meta.set("clock", "1"))).toThrow("outside of a write");
    await write(({ meta }) => meta.set("clock", "1"));
    expect(read(({ meta }) => meta.get("clock"))).toBe("1");
  });
});

describe.each(adapters)("RelaySpaces ($name)", (adapter) => {
  let opened: Opened<RelaySpaces>;
  beforeEach(() => {
    opened = adapter.spaces();
  });
  afterEach(() => opened.dispose());

  test("keeps each space in a store of its own", async () => {
    const spaces = opened.store;
    expect(spaces.list()).toEqual([]);
    expect(spaces.open("aa")).toBeNull();
    const first = spaces.create("bb");
    const second = spaces.create("aa");
    expect(spaces.create("aa")).toBe(second);
    expect(spaces.open("bb")).toBe(first);
    expect(spaces.list()).toEqual(["aa", "bb"]);
    await first.write(({ blocks }) => blocks.append("main/Acme", streamOf(1), block(1)));
    expect(second.read(({ blocks }) => blocks.logs())).toEqual([]);
    const again = opened.reopen();
    expect(again.list()).toEqual(["aa", "bb"]);
    expect(again.open("bb")?.read(({ blocks }) => blocks.logs())).toEqual(["main/Acme"]);
    expect(again.open("aa")?.read(({ meta }) => meta.get("x"))).toBeNull();
  });
});

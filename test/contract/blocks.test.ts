import { expect, test } from "vitest";
import { block, id, streamOf } from "./support/samples.js";
import { describeStores } from "./support/suite.js";

const log = "main/Acme";
const one = streamOf(1);
const two = streamOf(2);

describeStores("BlockStore", ({ write, read, reopen }) => {
  test("gives back what was appended, also after a restart", async () => {
    await write(({ blocks }) => {
      blocks.append(log, one, block(1));
      blocks.append(log, one, block(2, 5, 3));
      blocks.append("auth", one, block(1));
    });
    reopen();
    read(({ blocks }) => {
      expect(blocks.logs()).toEqual(["auth", log]);
      expect(blocks.tip(log, one)).toEqual({ seq: 2, hash: id(1002) });
      expect(blocks.tip(log, two)).toBeNull();
      expect(blocks.tips(log)).toEqual(new Map([[one, { seq: 2, hash: id(1002) }]]));
      expect(blocks.hashAt(log, one, 1)).toBe(id(1001));
      expect(blocks.hashAt(log, one, 3)).toBeNull();
      expect(blocks.read(log, one, 1, 1000)).toEqual([block(1), block(2, 5, 3)]);
      expect(blocks.read("auth", one, 1, 1000)).toEqual([block(1)]);
    });
  });

  test("takes only the next block", async () => {
    await expect(write(({ blocks }) => blocks.append(log, one, block(2)))).rejects.toThrow("not the next");
    await write(({ blocks }) => blocks.append(log, one, block(1)));
    await expect(write(({ blocks }) => blocks.append(log, one, block(1)))).rejects.toThrow("not the next");
    await expect(write(({ blocks }) => blocks.append(log, one, block(3)))).rejects.toThrow("not the next");
  });

  test("reads as many blocks as fit, and at least one", async () => {
    await write(({ blocks }) => {
      for (let seq = 1; seq <= 4; seq += 1) blocks.append(log, one, block(seq, 10));
      blocks.append(log, two, block(1, 10));
    });
    read(({ blocks }) => {
      const seqs = (first: number, room: number) => blocks.read(log, one, first, room).map(({ seq }) => seq);
      expect(seqs(1, 20)).toEqual([1, 2]);
      expect(seqs(1, 29)).toEqual([1, 2]);
      expect(seqs(2, 1)).toEqual([2]);
      expect(seqs(3, 1000)).toEqual([3, 4]);
      expect(seqs(5, 1000)).toEqual([]);
    });
  });

  test("holds a block of a megabyte", async () => {
    await write(({ blocks }) => blocks.append(log, one, block(1, 1_000_000)));
    expect(read(({ blocks }) => blocks.read(log, one, 1, 10)[0]?.bytes.length)).toBe(1_000_000);
  });

  test("drops the blocks after a seq, and goes on from there", async () => {
    await write(({ blocks }) => {
      for (let seq = 1; seq <= 4; seq += 1) blocks.append(log, one, block(seq));
      blocks.append(log, two, block(1));
      blocks.truncate(log, one, 2);
      blocks.truncate(log, one, 3);
    });
    read(({ blocks }) => {
      expect(blocks.tip(log, one)).toEqual({ seq: 2, hash: id(1002) });
      expect(blocks.read(log, one, 1, 1000)).toHaveLength(2);
      expect(blocks.read(log, two, 1, 1000)).toHaveLength(1);
    });
    await write(({ blocks }) => blocks.append(log, one, block(3)));
    await write(({ blocks }) => blocks.truncate(log, one, 0));
    expect(read(({ blocks }) => blocks.tip(log, one))).toBeNull();
    await write(({ blocks }) => blocks.append(log, one, block(1)));
  });

  test("remembers where a stream was closed, with or without blocks", async () => {
    await write(({ blocks }) => {
      blocks.append(log, one, block(1));
      blocks.close(log, one, 1);
      blocks.close(log, two, 0);
    });
    reopen();
    read(({ blocks }) => {
      expect(blocks.closedAt(log, one)).toBe(1);
      expect(blocks.closedAt(log, two)).toBe(0);
      expect(blocks.closedAt("auth", one)).toBeNull();
      expect(blocks.tips(log).size).toBe(1);
    });
  });
});

describeStores("DurableStore", ({ write, read, reopen }) => {
  test("keeps a vector for each log, raised and lowered", async () => {
    await write(({ durable }) => {
      durable.setDurable(log, new Map([[one, 5]]));
      durable.setDurable("auth", new Map([[one, 1]]));
      durable.setDurable(log, new Map([[two, 2]]));
    });
    reopen();
    read(({ durable, blocks }) => {
      expect(durable.durable(log)).toEqual(new Map([[two, 2]]));
      expect(durable.durable("auth")).toEqual(new Map([[one, 1]]));
      expect(durable.durable("main/Nobody")).toEqual(new Map());
      expect(blocks.logs()).toEqual([]);
    });
  });

  test("counts the changes beyond it", async () => {
    await write(({ blocks, durable }) => {
      for (let seq = 1; seq <= 3; seq += 1) blocks.append(log, one, block(seq, 3, seq));
      blocks.append(log, two, block(1, 3, 10));
      expect(durable.countBeyondDurable(log)).toBe(16);
      durable.setDurable(
        log,
        new Map([
          [one, 1],
          [two, 4],
        ]),
      );
    });
    expect(read(({ durable }) => durable.countBeyondDurable(log))).toBe(5);
    expect(read(({ durable }) => durable.countBeyondDurable("auth"))).toBe(0);
  });
});

describeStores("MetaStore", ({ write, read, reopen }) => {
  test("sets, replaces and deletes", async () => {
    await write(({ meta }) => {
      meta.set("clock", "1");
      meta.set("clock", "2");
      meta.set("gone", "x");
      meta.set("gone", null);
      meta.set("never", null);
    });
    reopen();
    expect(read(({ meta }) => [meta.get("clock"), meta.get("gone"), meta.get("never")])).toEqual([
      "2",
      null,
      null,
    ]);
  });
});

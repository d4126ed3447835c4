import { expect, test } from "vitest";
import { id, item } from "./support/samples.js";
import { describeStores } from "./support/suite.js";

describeStores("QueueStore", ({ write, read, reopen }) => {
  test("gives back what was put, in order, also after a restart", async () => {
    const failed = item(2, {
      task: { type: "pull", what: "Acme.a" },
      status: "failed",
      retryCount: 3,
      error: "refused",
      errorClass: "permanent",
      nextTryAtMs: 1_800_000_000_000,
    });
    await write(({ queue }) => {
      queue.put(item(3));
      queue.put(failed);
      queue.put(item(1, { status: "completed" }));
    });
    reopen();
    read(({ queue }) => {
      expect(queue.list()).toEqual([item(3), failed]);
      expect(queue.last()).toEqual(failed);
      expect(queue.get(id(1))).toEqual(item(1, { status: "completed" }));
      expect(queue.get(id(9))).toBeNull();
      expect(queue.withPrefix("000")).toEqual([item(3), failed, item(1, { status: "completed" })]);
      expect(queue.withPrefix("0002")).toEqual([failed]);
      expect(queue.withPrefix("f")).toEqual([]);
    });
  });

  test("has no last item when it is empty", () => {
    expect(read(({ queue }) => [queue.last(), queue.list()])).toEqual([null, []]);
  });

  test("replaces an item in its place", async () => {
    await write(({ queue }) => {
      for (const number of [1, 2, 3]) queue.put(item(number));
      queue.put(item(2, { retryCount: 1 }));
      queue.put(item(1, { status: "completed" }));
      queue.put(item(1));
    });
    expect(read(({ queue }) => queue.list())).toEqual([item(1), item(2, { retryCount: 1 }), item(3)]);
  });

  test("moves an item before another, either way", async () => {
    const order = () => read(({ queue }) => queue.list().map((each) => each.createdAtMs % 10));
    await write(({ queue }) => {
      for (const number of [1, 2, 3, 4]) queue.put(item(number));
      queue.moveBefore(id(4), id(2));
    });
    expect(order()).toEqual([1, 4, 2, 3]);
    await write(({ queue }) => queue.moveBefore(id(1), id(3)));
    expect(order()).toEqual([4, 2, 1, 3]);
    await write(({ queue }) => queue.moveBefore(id(2), id(2)));
    await write(({ queue }) => queue.put(item(5)));
    expect(order()).toEqual([4, 2, 1, 3, 5]);
    await expect(write(({ queue }) => queue.moveBefore(id(9), id(2)))).rejects.toThrow("no queue item");
    await expect(write(({ queue }) => queue.moveBefore(id(2), id(9)))).rejects.toThrow("no queue item");
  });

  test("removes", async () => {
    await write(({ queue }) => {
      queue.put(item(1));
      queue.put(item(2));
      queue.remove(id(1));
      queue.remove(id(9));
    });
    expect(read(({ queue }) => queue.list())).toEqual([item(2)]);
  });
});

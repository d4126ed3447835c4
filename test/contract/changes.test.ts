import type { ChangePlace, ChangeRecord, NewChange } from "@darksync/runtime/store/change-store";
import { expect, test } from "vitest";
import { change, id, streamOf } from "./support/samples.js";
import { describeStores } from "./support/suite.js";

const refused = { code: "not-a-maintainer", message: "refused", hint: "ask" };
const placeAt = (seq: number, index = 0): ChangePlace => ({ stream: streamOf(7), seq, index });
const record = (number: number, from: NewChange): ChangeRecord => ({ ...from, number, parked: null });
const numbers = (records: readonly ChangeRecord[]) => records.map((each) => each.number);

describeStores("ChangeStore", ({ write, read, reopen }) => {
  test("gives back what was added, also after a restart", async () => {
    const own = change(1);
    const received = change(2, { device: id(9), log: "auth", isSkewed: true, place: placeAt(4, 2) });
    const unknown = change(3, { place: placeAt(5), setAside: "ops of kind 99" });
    await write(({ changes }) => {
      expect(changes.add(own)).toBe(1);
      expect(changes.add(received)).toBe(2);
      expect(changes.add(unknown)).toBe(3);
    });
    reopen();
    read(({ changes }) => {
      expect(changes.get(id(1))).toEqual(record(1, own));
      expect(changes.byNumber(2)).toEqual(record(2, received));
      expect(changes.get(id(3))).toEqual(record(3, unknown));
      expect(changes.get(id(4))).toBeNull();
      expect(changes.byNumber(4)).toBeNull();
      expect([changes.has(id(1)), changes.has(id(4))]).toEqual([true, false]);
      expect(changes.count()).toBe(3);
      expect(numbers(changes.setAside())).toEqual([3]);
    });
  });

  test("gives what waits unsigned, parked or not, in order", async () => {
    await write(({ changes }) => {
      changes.add(change(2, { log: "auth" }));
      changes.add(change(1));
      changes.add(change(3, { place: placeAt(1) }));
      changes.add(change(4));
      changes.setParked(id(1), refused);
      changes.place(id(4), placeAt(2));
    });
    expect(read(({ changes }) => changes.waiting(0))).toEqual([
      { number: 1, log: "auth", bytes: change(2).bytes },
      { number: 2, log: "main/Acme", bytes: change(1).bytes },
    ]);
    expect(read(({ changes }) => changes.waiting(1).map(({ number }) => number))).toEqual([2]);
    expect(read(({ changes }) => changes.waiting(0, 1).map(({ number }) => number))).toEqual([1]);
    expect(read(({ changes }) => changes.waiting(2))).toEqual([]);
  });

  test("takes a change once, with either a place or bytes", async () => {
    await write(({ changes }) => changes.add(change(1)));
    await expect(write(({ changes }) => changes.add(change(1)))).rejects.toThrow();
    await expect(write(({ changes }) => changes.add(change(2, { bytes: null })))).rejects.toThrow("either");
    const both = change(2, { place: placeAt(1), bytes: new Uint8Array(1) });
    await expect(write(({ changes }) => changes.add(both))).rejects.toThrow("either");
    expect(read(({ changes }) => changes.count())).toBe(1);
  });

  test("lists the latest, and all in pages", async () => {
    await write(({ changes }) => {
      for (let number = 1; number <= 5; number += 1) changes.add(change(number));
    });
    read(({ changes }) => {
      expect(numbers(changes.latest(2))).toEqual([5, 4]);
      expect(numbers(changes.latest(10, 3))).toEqual([2, 1]);
      expect(numbers(changes.after(0, 2))).toEqual([1, 2]);
      expect(numbers(changes.after(2, 10))).toEqual([3, 4, 5]);
    });
  });

  test("lists those up to a number by their times, a doubtful one by its arrival", async () => {
    const at = (wallMs: number, counter = 0) => ({ time: { wallMs, counter }, receivedAtMs: 25 });
    await write(({ changes }) => {
      changes.add(change(1, at(20)));
      changes.add(change(2, { ...at(10, 1), place: placeAt(1) }));
      changes.add(change(3, { ...at(10, 2), place: placeAt(1, 1) }));
      changes.add(change(4, { ...at(9000), isSkewed: true, place: placeAt(2) }));
      changes.add(change(5, at(30)));
      changes.add(change(6, at(40)));
    });
    read(({ changes }) => {
      expect(numbers(changes.latestInTime(5, 9, 0))).toEqual([5, 4, 1, 3, 2]);
      expect(numbers(changes.latestInTime(5, 2, 1))).toEqual([4, 1]);
      expect(numbers(changes.latestInTime(2, 9, 0))).toEqual([1, 2]);
      expect(changes.latestInTime(2, 9, 2)).toEqual([]);
    });
  });

  test("finds changes by the beginning of their id", async () => {
    await write(({ changes }) => {
      for (const number of [0x1a2b, 0x1a2c, 0x1b00, 0xffff]) changes.add(change(number));
    });
    read(({ changes }) => {
      expect(changes.withPrefix("1a2", 9).map((each) => each.id)).toEqual([id(0x1a2b), id(0x1a2c)]);
      expect(changes.withPrefix("1", 2)).toHaveLength(2);
      expect(changes.withPrefix("", 9)).toHaveLength(4);
      expect(changes.withPrefix("f", 9)).toHaveLength(1);
      expect(changes.withPrefix(id(0x1b00), 9)).toHaveLength(1);
      expect(changes.withPrefix("2", 9)).toEqual([]);
      expect(changes.withPrefix("no hex", 9)).toEqual([]);
    });
  });

  test("knows what waits unsigned, by log", async () => {
    await write(({ changes }) => {
      changes.add(change(1));
      changes.add(change(2, { log: "branch/1" }));
      changes.add(change(3, { place: placeAt(1) }));
      changes.add(change(4));
      changes.add(change(5));
      changes.setParked(id(5), refused);
    });
    read(({ changes }) => {
      expect(numbers(changes.unsigned("main/Acme", 1, 9, 9))).toEqual([1, 4]);
      expect(numbers(changes.unsigned("main/Acme", 2, 9, 9))).toEqual([4]);
      expect(numbers(changes.unsigned("main/Acme", 1, 3, 9))).toEqual([1]);
      expect(numbers(changes.unsigned("main/Acme", 0, Number.MAX_SAFE_INTEGER, 1))).toEqual([1]);
      expect(changes.countUnsigned("main/Acme")).toBe(2);
      expect(changes.countUnsigned("auth")).toBe(0);
      expect(changes.logsWithUnsigned()).toEqual(["branch/1", "main/Acme"]);
    });
  });

  test("places changes in blocks and takes them out again", async () => {
    await write(({ changes }) => {
      for (let number = 1; number <= 3; number += 1) changes.add(change(number));
      changes.place(id(1), placeAt(2, 0));
      changes.place(id(2), placeAt(1, 1));
      changes.place(id(3), placeAt(1, 0));
    });
    read(({ changes }) => {
      expect(changes.get(id(1))).toEqual(record(1, change(1, { place: placeAt(2, 0) })));
      expect(numbers(changes.placedAfter(streamOf(7), "main/Acme", 0))).toEqual([3, 2, 1]);
      expect(numbers(changes.placedAfter(streamOf(7), "main/Acme", 1))).toEqual([1]);
      expect(changes.placedAfter(streamOf(7), "auth", 0)).toEqual([]);
      expect(numbers(changes.placedPage(streamOf(7), "main/Acme", 0, 0, 9))).toEqual([1, 2, 3]);
      expect(numbers(changes.placedPage(streamOf(7), "main/Acme", 0, 1, 1))).toEqual([2]);
      expect(numbers(changes.placedPage(streamOf(7), "main/Acme", 1, 0, 9))).toEqual([1]);
      expect(changes.placedPage(streamOf(7), "auth", 0, 0, 9)).toEqual([]);
      const arrival = (seq: number, number: number) => ({
        log: "main/Acme",
        stream: streamOf(7),
        seq,
        number,
      });
      expect(changes.arrivals(0)).toEqual([arrival(2, 1), arrival(1, 3)]);
      expect(changes.arrivals(1)).toEqual([arrival(1, 3)]);
      expect(changes.arrivals(3)).toEqual([]);
      expect(changes.logsWithUnsigned()).toEqual([]);
    });
    await write(({ changes }) => changes.unplace(id(1), new Uint8Array([1, 1])));
    read(({ changes }) => {
      expect(changes.get(id(1))).toEqual(record(1, change(1)));
      expect(changes.countUnsigned("main/Acme")).toBe(1);
    });
  });

  test("parks changes and lets them go, placed or not", async () => {
    await write(({ changes }) => {
      changes.add(change(1));
      changes.add(change(2, { place: placeAt(1) }));
      changes.setParked(id(1), refused);
      changes.setParked(id(2), refused);
      changes.setParked(id(2), { ...refused, message: "refused again" });
      changes.unplace(id(2), new Uint8Array([2, 1]));
    });
    read(({ changes }) => {
      expect(changes.get(id(1))).toEqual({ ...record(1, change(1)), parked: refused });
      expect(changes.get(id(2))?.parked?.message).toBe("refused again");
      expect(changes.get(id(2))?.bytes).toEqual(new Uint8Array([2, 1]));
      expect(numbers(changes.parked())).toEqual([1, 2]);
      expect(changes.countUnsigned("main/Acme")).toBe(0);
    });
    await write(({ changes }) => {
      changes.setParked(id(1), null);
      changes.setParked(id(2), null);
    });
    read(({ changes }) => {
      expect(changes.parked()).toEqual([]);
      expect(changes.get(id(1))).toEqual(record(1, change(1)));
      expect(numbers(changes.unsigned("main/Acme", 1, 9, 9))).toEqual([1, 2]);
    });
  });

  test("sets changes aside and back", async () => {
    await write(({ changes }) => {
      changes.add(change(1));
      changes.setSetAside(id(1), "why");
      changes.setSetAside(id(1), "why else");
    });
    expect(read(({ changes }) => changes.get(id(1))?.setAside)).toBe("why else");
    await write(({ changes }) => changes.setSetAside(id(1), null));
    expect(read(({ changes }) => changes.setAside())).toEqual([]);
  });

  test("removes a change with all that is about it, and never gives its number again", async () => {
    await write(({ changes }) => {
      changes.add(change(1));
      changes.add(change(2, { setAside: "why" }));
      changes.setParked(id(2), refused);
      changes.remove(id(2));
    });
    reopen();
    expect(read(({ changes }) => [changes.has(id(2)), changes.count()])).toEqual([false, 1]);
    expect(await write(({ changes }) => changes.add(change(2)))).toBe(3);
    expect(read(({ changes }) => changes.get(id(2)))).toEqual(record(3, change(2)));
  });

  test("throws for a change it does not hold", async () => {
    await expect(write(({ changes }) => changes.place(id(1), placeAt(1)))).rejects.toThrow("no change");
    await expect(write(({ changes }) => changes.setParked(id(1), null))).rejects.toThrow("no change");
    await expect(write(({ changes }) => changes.remove(id(1)))).rejects.toThrow("no change");
  });
});

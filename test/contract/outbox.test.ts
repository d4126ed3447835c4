import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OutboxFile } from "@darksync/node/outbox-file";
import { MemoryOutbox } from "@darksync/runtime/memory/memory-outbox";
import type { OutboxJournal } from "@darksync/runtime/store/outbox-journal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "darksync-outbox-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (...values: number[]) => Uint8Array.from(values);

/** All bytes of an outbox. */
const read = (journal: OutboxJournal) => Uint8Array.from([...journal.read()].flatMap((part) => [...part]));

/** An outbox, and how another process opens the same one. */
type Open = () => { readonly first: OutboxJournal; readonly other: () => OutboxJournal };

const adapters: readonly { readonly name: string; readonly open: Open }[] = [
  {
    name: "file",
    open: () => {
      const path = join(folder, "outbox");
      return { first: new OutboxFile(path), other: () => new OutboxFile(path) };
    },
  },
  {
    name: "memory",
    open: () => {
      const journal = new MemoryOutbox();
      return { first: journal, other: () => journal };
    },
  },
];

describe.each(adapters)("OutboxJournal ($name)", ({ open }) => {
  test("is empty before anything was written", () => {
    const { first } = open();
    expect([first.size(), read(first), first.readEnd(5)]).toEqual([0, bytes(), bytes()]);
    first.close();
  });

  test("keeps what is appended, in order, and gives its end", () => {
    const { first, other } = open();
    first.append(bytes(1, 2, 3));
    first.append(bytes());
    first.append(bytes(4));
    expect(read(first)).toEqual(bytes(1, 2, 3, 4));
    expect(first.size()).toBe(4);
    expect([first.readEnd(2), first.readEnd(99)]).toEqual([bytes(3, 4), bytes(1, 2, 3, 4)]);
    first.close();
    expect(read(other())).toEqual(bytes(1, 2, 3, 4));
  });

  test("replaces all, and goes on behind it, whoever replaced it", () => {
    const { first, other } = open();
    first.append(bytes(1, 2, 3));
    first.replace([bytes(9)]);
    first.append(bytes(8));
    expect(read(first)).toEqual(bytes(9, 8));
    const second = other();
    second.replace([bytes(7)]);
    expect(first.size()).toBe(1);
    first.append(bytes(6));
    second.append(bytes(5));
    expect([read(first), read(second), first.size()]).toEqual([bytes(7, 6, 5), bytes(7, 6, 5), 3]);
    first.close();
    second.close();
  });

  test("replaces all part after part, of what it holds itself; where a part fails it stays as it was", () => {
    const { first } = open();
    first.append(bytes(1, 2, 3));
    first.replace(
      (function* () {
        yield bytes(0);
        yield* first.read();
      })(),
    );
    expect(read(first)).toEqual(bytes(0, 1, 2, 3));
    const failing = (function* () {
      yield bytes(9);
      throw new Error("no such part");
    })();
    expect(() => first.replace(failing)).toThrow("no such part");
    first.append(bytes(4));
    expect(read(first)).toEqual(bytes(0, 1, 2, 3, 4));
    first.close();
  });

  test("what it gave does not change with it", () => {
    const { first } = open();
    const written = bytes(1, 2);
    first.append(written);
    const before = [...first.read()];
    written[0] = 7;
    first.append(bytes(3));
    expect(before).toEqual([bytes(1, 2)]);
    expect(read(first)).toEqual(bytes(1, 2, 3));
    first.close();
  });
});

test("a large file is given in parts, and while it is read another may take its place", () => {
  const outbox = new OutboxFile(join(folder, "outbox"));
  const large = new Uint8Array(3_000_000).map((_, index) => index % 251);
  outbox.append(large);
  const parts = outbox.read();
  const first = parts.next().value ?? bytes();
  expect(first.length).toBeLessThan(large.length / 2);
  outbox.replace([bytes(1)]);
  expect(Buffer.concat([first, ...parts]).equals(large)).toBe(true);
  expect(read(outbox)).toEqual(bytes(1));
  outbox.close();
});

test("the outbox's file is its user's alone, and nothing is left beside it", () => {
  const outbox = new OutboxFile(join(folder, "outbox"));
  outbox.append(bytes(1));
  expect(statSync(join(folder, "outbox")).mode & 0o777).toBe(0o600);
  outbox.replace([bytes(2)]);
  expect(statSync(join(folder, "outbox")).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["outbox"]);
  outbox.close();
});

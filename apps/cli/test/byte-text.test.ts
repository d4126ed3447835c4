import fc from "fast-check";
import { expect, test } from "vitest";
import { byteText, parseBytes } from "../src/byte-text.js";

test("amounts are written in the unit that fits", () => {
  const written = [0, 1, 999, 1000, 1049, 999_949, 999_950, 2e9, 61_234_567, 1.5e12, 2e15].map(byteText);
  expect(written).toEqual([
    "0 B",
    "1 B",
    "999 B",
    "1 kB",
    "1 kB",
    "999.9 kB",
    "1 MB",
    "2 GB",
    "61.2 MB",
    "1.5 TB",
    "2000 TB",
  ]);
});

test("amounts are read in any usual unit", () => {
  const read = ["0", "12", "12 B", "500MB", "500 mb", "1.5GB", "2GiB", "1kib", " 3 TB "].map(parseBytes);
  expect(read).toEqual([0, 12, 12, 5e8, 5e8, 1.5e9, 2 ** 31, 1024, 3e12]);
});

test.each(["", "MB", "-5MB", "5 XB", "1e3", "1,5GB", "5MB now", "99999999999TB", "0x10", "٣MB"])(
  "%j is no amount",
  (text) => {
    expect(parseBytes(text)).toBeNull();
  },
);

test("what is written is read again, to the digit that is shown", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.integer({ min: 0, max: 20 }), (small, power) => {
      const bytes = small * 2 ** power;
      expect(Math.abs((parseBytes(byteText(bytes)) ?? -1) - bytes)).toBeLessThanOrEqual(bytes * 0.051);
    }),
  );
});

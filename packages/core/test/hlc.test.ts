import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode } from "../src/codec.js";
import {
  compareTimestamps,
  isSkewed,
  maxClockDriftMs,
  observe,
  readTimestamp,
  type Timestamp,
  tick,
  writeTimestamp,
} from "../src/hlc.js";

const start = 1_700_000_000_000;
const anyWall = fc.oneof(
  fc.integer({ min: start - 1000, max: start + 1000 }),
  fc.constantFrom(0, start + maxClockDriftMs, start + maxClockDriftMs + 1, Number.MAX_SAFE_INTEGER),
  fc.nat(Number.MAX_SAFE_INTEGER),
);
const anyTimestamp: fc.Arbitrary<Timestamp> = fc.record({
  wallMs: anyWall,
  counter: fc.oneof(fc.nat(3), fc.constantFrom(65_534, 65_535, Number.MAX_SAFE_INTEGER)),
});
/** A device's clock, which may also be set back, and what happens at it. */
const steps = fc.array(
  fc.record({ nowMs: fc.integer({ min: start - 500, max: start + 500 }), remote: fc.option(anyTimestamp) }),
  { maxLength: 40, size: "max" },
);

describe("C4 timestamps are for people", () => {
  test("C4.1 local events only go forward, whatever arrives and however the clock is set", () => {
    fc.assert(
      fc.property(steps, (list) => {
        let last: Timestamp = { wallMs: 0, counter: 0 };
        for (const { nowMs, remote } of list) {
          if (remote !== null) {
            const after = observe(last, remote, nowMs);
            expect(compareTimestamps(after, last)).toBeGreaterThanOrEqual(0);
            last = after;
          }
          const next = tick(last, nowMs);
          expect(compareTimestamps(next, last)).toBeGreaterThan(0);
          last = next;
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("C4.2 no remote clock moves the local one further than the bound ahead of its own", () => {
    fc.assert(
      fc.property(steps, (list) => {
        let last: Timestamp = { wallMs: 0, counter: 0 };
        for (const { nowMs, remote } of list)
          last = tick(remote === null ? last : observe(last, remote, nowMs), nowMs);
        // Each tick may carry the counter over into one more millisecond.
        expect(last.wallMs).toBeLessThanOrEqual(start + 500 + maxClockDriftMs + list.length);
      }),
      { numRuns: 1000 },
    );
  });

  test("C4.2 what is not skewed is followed: the next local event is later than it", () => {
    fc.assert(
      fc.property(anyTimestamp, anyTimestamp, (last, remote) => {
        fc.pre(!isSkewed(remote, start) && !isSkewed(last, start));
        const next = tick(observe(last, remote, start), start);
        expect(compareTimestamps(next, remote)).toBeGreaterThan(0);
        expect(compareTimestamps(next, last)).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });

  test("C4.3 a time beyond the bound is skewed, one at the bound is not", () => {
    expect(isSkewed({ wallMs: start + maxClockDriftMs, counter: 9 }, start)).toBe(false);
    expect(isSkewed({ wallMs: start + maxClockDriftMs + 1, counter: 0 }, start)).toBe(true);
    expect(isSkewed({ wallMs: 0, counter: 0 }, start)).toBe(false);
  });

  test("C4.4 a counter at the end of numbers cannot spoil the local clock", () => {
    const spoilt = observe(
      { wallMs: start, counter: 0 },
      { wallMs: start, counter: Number.MAX_SAFE_INTEGER },
      start,
    );
    const next = tick(spoilt, start);
    expect(next).toEqual({ wallMs: start + 1, counter: 0 });
    expect(tick(next, start)).toEqual({ wallMs: start + 1, counter: 1 });
  });

  test("C4.5 every timestamp that the clock makes comes back from its bytes", () => {
    fc.assert(
      fc.property(anyTimestamp, anyTimestamp, (last, remote) => {
        const next = tick(observe({ ...last, wallMs: Math.min(last.wallMs, start) }, remote, start), start);
        expect(
          decode(
            encode((writer) => writeTimestamp(writer, next)),
            readTimestamp,
          ),
        ).toEqual(next);
      }),
      { numRuns: 1000 },
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChangePosition, type Coverage, covers } from "../src/coverage.js";
import { deviceKey } from "./support/placed.js";

const stream = `${deviceKey(1)}.${"00".repeat(8)}`;
const unnamed = `${deviceKey(1)}.${"01".repeat(8)}`;
const coverage: Coverage = {
  device: deviceKey(1),
  time: { wallMs: 100, counter: 5 },
  logs: new Map([
    ["main/Acme", new Map([[stream, 3]])],
    ["main/Beta", new Map()],
  ]),
};
const change: ChangePosition = {
  device: deviceKey(2),
  log: "main/Acme",
  time: { wallMs: 1, counter: 0 },
  place: { stream, seq: 3 },
};

describe("B1.1 what a coverage covers", () => {
  const own = { ...change, device: deviceKey(1) };
  const cases: readonly (readonly [name: string, position: ChangePosition, isCovered: boolean])[] = [
    ["the last block of a vector", change, true],
    ["however late its clock", { ...change, time: { wallMs: 999, counter: 0 } }, true],
    ["the block after it", { ...change, place: { stream, seq: 4 } }, false],
    ["a stream that the vector lacks", { ...change, place: { stream: unnamed, seq: 1 } }, false],
    ["a log with an empty vector", { ...change, log: "main/Beta" }, false],
    ["a log that is not named", { ...change, log: "main/Else" }, false],
    ["an unsigned change of another device, however early", { ...change, place: null }, false],
    ["an own unsigned change from before", { ...own, place: null }, true],
    ["an own change from before that was signed since", { ...own, place: { stream: unnamed, seq: 1 } }, true],
    ["an own one of the same millisecond", { ...own, place: null, time: { wallMs: 100, counter: 4 } }, true],
    ["itself", { ...own, place: null, time: coverage.time }, false],
    ["an own one from after it", { ...own, place: null, time: { wallMs: 100, counter: 6 } }, false],
    ["an own one of a log that is not named", { ...own, place: null, log: "main/Else" }, false],
  ];
  test.each(cases)("B1.1 %s", (_, position, isCovered) => {
    expect(covers(coverage, position)).toBe(isCovered);
  });

  test("B1.1 signing a change takes nothing out of it, nor does a larger vector", () => {
    const seq = fc.nat(6);
    const positions = fc.record({
      device: fc.constantFrom(deviceKey(1), deviceKey(2)),
      log: fc.constantFrom("main/Acme", "main/Beta", "main/Else"),
      time: fc.record({ wallMs: fc.integer({ min: 98, max: 102 }), counter: fc.nat(9) }),
      place: fc.option(fc.record({ stream: fc.constantFrom(stream, unnamed), seq })),
    });
    fc.assert(
      fc.property(positions, seq, seq, (position, held, more) => {
        const upTo = (last: number) => ({
          ...coverage,
          logs: new Map([["main/Acme", new Map([[stream, last]])]]),
        });
        if (covers(upTo(held), { ...position, place: null })) expect(covers(upTo(held), position)).toBe(true);
        if (covers(upTo(held), position)) expect(covers(upTo(held + more), position)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

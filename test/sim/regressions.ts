import type { Step } from "./script.ts";
import type { Swarm } from "./swarm.ts";

/** A run that once broke a rule, made small. Its steps are kept, since later moves change what a seed draws. */
export interface Regression {
  readonly seed: number;
  /** What was wrong. */
  readonly wrong: string;
  readonly swarm: Swarm;
  readonly steps: readonly (readonly [number: number, atMs: number, move: string])[];
}

/** The steps of a regression, as a run takes them. */
export function stepsOf({ steps }: Regression): readonly Step[] {
  return steps.map(([number, atMs, move]) => ({ number, atMs, move }));
}

/** All of them. `npm run sim -- --seed N --shrink` prints what to add here. */
export const regressions: readonly Regression[] = [
  {
    seed: 1000162,
    wrong: "after an eviction a full sync failed on the evicted history that it was to bring back",
    swarm: {
      members: 3,
      moreDevices: 1,
      relays: 1,
      steps: 34,
      isFounded: true,
      weights: { evict: 9 },
      disk: { slowShare: 0, slowMs: 400, againShare: 0 },
      flushMs: 0,
      sealingChanges: 3,
      fetch: { cutShare: 0, corruptShare: 0, missingShare: 0 },
      network: { leastMs: 1, mostMs: 1, isDown: false },
      driftShare: 0,
      places: 8,
      ownSpaceShare: 50,
      onlyShare: 0,
    },
    steps: [
      [1, 6, "evict"],
      [4, 105, "newer-op"],
      [7, 1382, "import"],
      [9, 7300, "newer-op"],
    ],
  },
  {
    seed: 10000457,
    wrong:
      "a relay that was put back sealed anew, and its segment took the place of one of that number that blocks lay in",
    swarm: {
      members: 4,
      moreDevices: 0,
      relays: 1,
      steps: 130,
      isFounded: false,
      weights: { evict: 3 },
      disk: { slowShare: 0, slowMs: 400, againShare: 0 },
      flushMs: 0,
      sealingChanges: 3,
      fetch: { cutShare: 0, corruptShare: 0, missingShare: 0 },
      network: { leastMs: 1, mostMs: 1, isDown: false },
      driftShare: 0,
      places: 8,
      ownSpaceShare: 0,
      onlyShare: 0,
    },
    steps: [
      [0, 18, "save"],
      [2, 130, "save"],
      [3, 1099, "sync"],
      [18, 8320, "absence"],
      [34, 13680, "save"],
      [37, 14689, "relay-restore"],
      [38, 15419, "sync"],
      [47, 18673, "sync"],
      [75, 57682, "relay-restore"],
      [76, 58042, "save"],
    ],
  },
  {
    seed: 112001410,
    wrong:
      "a use was forgotten while a conflict hid what had been done to its definition, and settling that told nobody but one",
    swarm: {
      members: 4,
      moreDevices: 1,
      relays: 1,
      steps: 35,
      isFounded: false,
      weights: { evict: 0 },
      disk: { slowShare: 0, slowMs: 400, againShare: 0 },
      flushMs: 0,
      sealingChanges: 3,
      fetch: { cutShare: 30, corruptShare: 0, missingShare: 0 },
      network: { leastMs: 1, mostMs: 1200, isDown: false },
      driftShare: 0,
      places: 8,
      ownSpaceShare: 50,
      onlyShare: 0,
    },
    steps: [
      [1, 3261, "newer-op"],
      [3, 3461, "watch"],
      [4, 3461, "newer-op"],
      [11, 8748, "save"],
      [12, 9677, "save"],
      [16, 28373, "save"],
      [17, 28373, "save"],
      [18, 29451, "watch"],
      [19, 31000, "save"],
      [20, 31367, "sync"],
      [22, 48703, "sync"],
      [27, 50875, "rename"],
      [28, 54591, "save"],
      [33, 64675, "rename"],
      [34, 65588, "resolve"],
    ],
  },
  {
    seed: 700019231,
    wrong:
      "of a device that left an own head standing only its later naming was looked at, in one order of arrival and not in another",
    swarm: {
      members: 3,
      moreDevices: 0,
      relays: 1,
      steps: 33,
      isFounded: true,
      weights: { evict: 0 },
      disk: { slowShare: 0, slowMs: 5, againShare: 0 },
      flushMs: 0,
      sealingChanges: 4096,
      fetch: { cutShare: 0, corruptShare: 0, missingShare: 0 },
      network: { leastMs: 1, mostMs: 1, isDown: false },
      driftShare: 0,
      places: 4,
      ownSpaceShare: 0,
      onlyShare: 0,
    },
    steps: [
      [1, 338, "save"],
      [2, 392, "rename"],
      [12, 41131, "save"],
      [17, 43810, "save"],
      [18, 45729, "sync"],
      [19, 46588, "sync"],
      [22, 70973, "save"],
      [23, 90269, "resolve"],
    ],
  },
  {
    seed: 78,
    wrong: "a sync broke off, each time, over evicted history that a relay had lost",
    swarm: {
      members: 7,
      moreDevices: 0,
      relays: 1,
      steps: 169,
      isFounded: true,
      weights: { evict: 25 },
      disk: { slowShare: 0, slowMs: 5, againShare: 0 },
      flushMs: 0,
      sealingChanges: 3,
      fetch: { cutShare: 0, corruptShare: 0, missingShare: 0 },
      network: { leastMs: 1, mostMs: 400, isDown: false },
      driftShare: 0,
      places: 2,
      ownSpaceShare: 0,
      onlyShare: 0,
    },
    steps: [
      [8, 36633, "relay-restore"],
      [27, 41048, "sync"],
      [30, 41240, "save"],
      [31, 41341, "save"],
      [37, 50772, "evict"],
      [135, 200067, "relay-restore"],
    ],
  },
  {
    seed: 112,
    wrong:
      "a full sync broke off over evicted history that a relay had lost, and did not bring it back from others",
    swarm: {
      members: 2,
      moreDevices: 0,
      relays: 1,
      steps: 34,
      isFounded: false,
      weights: { evict: 25 },
      disk: { slowShare: 0, slowMs: 50, againShare: 0 },
      flushMs: 0,
      sealingChanges: 3,
      fetch: { cutShare: 0, corruptShare: 0, missingShare: 0 },
      network: { leastMs: 1, mostMs: 1, isDown: false },
      driftShare: 0,
      places: 8,
      ownSpaceShare: 0,
      onlyShare: 0,
    },
    steps: [
      [2, 744, "save"],
      [7, 1467, "relay-restore"],
      [10, 12426, "save"],
      [15, 30915, "save"],
      [16, 30915, "sync"],
      [17, 31800, "sync-full"],
      [22, 32669, "relay-restore"],
      [30, 69765, "evict"],
    ],
  },
];

import { expect, test } from "vitest";
import { maxRetryDelayMs, retryDelayMs } from "../src/backoff.js";
import type { Message } from "../src/message.js";
import { heartbeatMs, stepReplica } from "../src/replica-machine.js";
import { initialReplicaState, type ReplicaState } from "../src/replica-state.js";

const noticedWithinMs = 10_000;

function connected(phase: ReplicaState["phase"]): ReplicaState {
  return { ...initialReplicaState("stay"), phase, asking: ["auth"] };
}

/** Simulated time: the link dies at `diesAtMs`; when is it given up? `answers`: whether pings before that are answered. */
function noticedAt(phase: ReplicaState["phase"], diesAtMs: number): number {
  let state = connected(phase);
  for (let nowMs = heartbeatMs; ; nowMs += heartbeatMs) {
    const step = stepReplica(state, { type: "heartbeat" });
    state = step.state;
    if (step.effects.some(({ type }) => type === "retry")) return nowMs;
    const wasPinged = step.effects.some(({ type }) => type === "send");
    if (wasPinged && nowMs < diesAtMs) {
      state = stepReplica(state, { type: "message", message: { type: "pong" } }).state;
    }
    if (nowMs > diesAtMs + 60_000) return Number.POSITIVE_INFINITY;
  }
}

for (const phase of ["greeting", "comparing", "exchanging"] as const) {
  test(`M9: a dead link is noticed within 10 s while ${phase}, whenever it dies (S6)`, () => {
    for (let diesAtMs = 0; diesAtMs < 30_000; diesAtMs += 500) {
      const atMs = noticedAt(phase, diesAtMs);
      expect(atMs).toBeGreaterThanOrEqual(diesAtMs);
      expect(atMs - diesAtMs).toBeLessThan(noticedWithinMs);
    }
  });
}

test("M9: a connection that does not open is given up within 10 s (S6)", () => {
  expect(noticedAt("connecting", 0)).toBeLessThan(noticedWithinMs);
});

/** How many looks a link that says the same before each of them is kept for; at most 100. */
function looksWhile(start: ReplicaState, message: Message): number {
  let state = start;
  for (let look = 0; look < 100; look += 1) {
    const step = stepReplica(state, { type: "heartbeat" });
    if (step.effects.length > 0) return look;
    state = stepReplica(step.state, { type: "message", message }).state;
  }
  return 100;
}

const saveOfOthers: Message = { type: "ack", log: "auth", heads: [], isAnswer: false };

test("M9: a link that answers, however slowly, or owes nothing is never given up", () => {
  const update = { type: "update", log: "auth", update: new Uint8Array([0]) } as const;
  expect(looksWhile(connected("exchanging"), update)).toBe(100);
  expect(looksWhile({ ...connected("exchanging"), asking: [] }, saveOfOthers)).toBe(100);
});

test("M9: a relay that passes on what others save, and never answers, is given up after a minute (S3)", () => {
  expect(looksWhile(connected("exchanging"), saveOfOthers)).toBe(60_000 / heartbeatMs);
});

test("S2: delays grow from half a second to an hour, with chance, and are never less than half a step", () => {
  for (let retryCount = 0; retryCount < 2000; retryCount += 1) {
    const stepMs = Math.min(maxRetryDelayMs, 1000 * 2 ** Math.min(retryCount, 30));
    for (const chance of [0, 0.5, 0.999999]) {
      const delayMs = retryDelayMs(retryCount, chance);
      expect(delayMs).toBeGreaterThanOrEqual(stepMs / 2);
      expect(delayMs).toBeLessThanOrEqual(stepMs);
    }
  }
  expect(retryDelayMs(0, 0)).toBe(500);
  expect(retryDelayMs(40, 1)).toBe(maxRetryDelayMs);
});

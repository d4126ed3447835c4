import { expect, test } from "vitest";
import type { Hello, Message, Welcome } from "../src/message.js";
import { stepReplica } from "../src/replica-machine.js";
import {
  initialReplicaState,
  type Refused,
  type ReplicaInput,
  type ReplicaState,
  type SyncMode,
} from "../src/replica-state.js";

const log = "main/Acme";
const stateVector = new Uint8Array([0]);
const hash = "00".repeat(32);
const problem = { code: "relay-unreachable", message: "gone", hint: "later" };
const hello: Hello = {
  type: "hello",
  version: 1,
  space: "",
  isNew: true,
  device: hash,
  only: [],
  digest: hash,
};
const welcome: Welcome = { type: "welcome", version: 1, space: "ab", isEqual: false, logs: [] };
const refused: Refused = { type: "refused", log, stream: "s", seq: 3, code: "x", reason: "y", changes: [] };
const update = new Uint8Array([1]);

type Phase = ReplicaState["phase"] | "offering" | "sent";

/** A state of each phase; `exchanging` waits for an answer, `offering` and `sent` have a batch under way. */
function stateIn(phase: Phase, mode: SyncMode): ReplicaState {
  const state = { ...initialReplicaState(mode), isUnsettled: false };
  if (phase === "offering" || phase === "sent") {
    return { ...state, phase: "exchanging", offering: { log, isSent: phase === "sent" } };
  }
  return { ...state, phase, asking: phase === "exchanging" ? [log] : [] };
}

const message = (said: Message): ReplicaInput => ({ type: "message", message: said });

const inputs: Readonly<Record<string, ReplicaInput>> = {
  start: { type: "start" },
  opened: { type: "opened", hello },
  closed: { type: "closed", problem },
  heartbeat: { type: "heartbeat" },
  changed: { type: "changed", logs: [log] },
  compared: { type: "compared", asks: [{ log, stateVector }], fetches: [], offers: ["main/Other"] },
  mismatched: { type: "mismatched", problem },
  fetched: { type: "fetched", ask: { log, stateVector } },
  noted: { type: "noted", ask: null },
  notedAsk: { type: "noted", ask: { log: "auth", stateVector } },
  lacking: { type: "lacking", ask: { log: "auth", stateVector } },
  prepared: { type: "prepared", log, update },
  preparedAll: { type: "prepared", log, update: null },
  settled: { type: "settled", logs: [] },
  stop: { type: "stop" },
  hello: message(hello),
  welcome: message(welcome),
  ask: message({ type: "ask", log, stateVector }),
  update: message({ type: "update", log, update }),
  state: message({ type: "state", log, heads: [] }),
  ack: message({ type: "ack", log, heads: [], isAnswer: true }),
  passedOn: message({ type: "ack", log, heads: [], isAnswer: false }),
  refused: message(refused),
  error: message({ type: "error", code: "relay-failed", reason: "r", hint: "h" }),
  ping: message({ type: "ping" }),
  pong: message({ type: "pong" }),
};

/** What each input comes to: `phase: effects`. Nothing written: it changes nothing. */
const phases: readonly Phase[] = [
  "idle",
  "connecting",
  "greeting",
  "comparing",
  "exchanging",
  "offering",
  "sent",
  "waiting",
  "finished",
];

const out = "finished: disconnect finish";
const retry = "waiting: disconnect retry";
const stop = "finished: disconnect finish";

/** The table for a sync that stays. Phases that are not named: the input changes nothing. */
const table: Readonly<Record<string, Partial<Record<Phase, string>>>> = {
  start: { idle: "connecting: connect", waiting: "connecting: connect" },
  opened: { connecting: "greeting: send" },
  closed: {
    connecting: "waiting: retry",
    greeting: "waiting: retry",
    comparing: "waiting: retry",
    exchanging: "waiting: retry",
    offering: "waiting: retry",
    sent: "waiting: retry",
  },
  heartbeat: {},
  changed: {},
  compared: { comparing: "exchanging: send prepare" },
  mismatched: { comparing: out },
  fetched: {},
  noted: { exchanging: "exchanging:", offering: "exchanging:", sent: "exchanging:" },
  notedAsk: {
    comparing: "comparing: send",
    exchanging: "exchanging: send",
    offering: "exchanging: send",
    sent: "exchanging: send",
  },
  lacking: {
    comparing: "comparing: send",
    exchanging: "exchanging: send",
    offering: "exchanging: send",
    sent: "exchanging: send",
  },
  prepared: { offering: "exchanging: send" },
  preparedAll: { offering: "exchanging: caughtUp" },
  settled: {},
  stop: {
    idle: stop,
    connecting: stop,
    greeting: stop,
    comparing: stop,
    exchanging: stop,
    offering: stop,
    sent: stop,
    waiting: stop,
  },
  hello: { greeting: out, comparing: out, exchanging: out, offering: out, sent: out },
  welcome: { greeting: "comparing: compare", comparing: out, exchanging: out, offering: out, sent: out },
  ask: { greeting: out, comparing: out, exchanging: out, offering: out, sent: out },
  update: {
    greeting: out,
    comparing: "comparing: ingest",
    exchanging: "exchanging: ingest",
    offering: "exchanging: ingest",
    sent: "exchanging: ingest",
  },
  state: {
    greeting: out,
    comparing: "comparing: noteState",
    exchanging: "exchanging: noteState",
    offering: "exchanging: noteState",
    sent: "exchanging: noteState",
  },
  ack: {
    greeting: out,
    comparing: "comparing: noteAck",
    exchanging: "exchanging: noteAck",
    offering: "exchanging: noteAck",
    sent: "exchanging: noteAck",
  },
  passedOn: {
    greeting: out,
    comparing: "comparing: noteAck",
    exchanging: "exchanging: noteAck",
    offering: "exchanging: noteAck",
    sent: "exchanging: noteAck",
  },
  refused: { greeting: out },
  error: { greeting: retry, comparing: retry, exchanging: retry, offering: retry, sent: retry },
  ping: {
    greeting: "greeting: send",
    comparing: "comparing: send",
    exchanging: "exchanging: send",
    offering: "exchanging: send",
    sent: "exchanging: send",
  },
  pong: {},
};

function describe(state: ReplicaState, input: ReplicaInput): string {
  const step = stepReplica(state, input);
  return `${step.state.phase}: ${step.effects.map(({ type }) => type).join(" ")}`.trimEnd();
}

/** In mode `once` what ends a connection ends the sync, and so does having all. */
function inModeOnce(expected: string): string {
  if (expected === "waiting: retry") return "finished: finish";
  if (expected === retry) return "finished: disconnect finish";
  return expected === "exchanging: caughtUp" ? "finished: caughtUp disconnect finish" : expected;
}

for (const mode of ["stay", "once"] as const) {
  for (const [name, input] of Object.entries(inputs)) {
    test(`M1: \`${name}\` does what the table says in every phase (${mode})`, () => {
      for (const phase of phases) {
        const state = stateIn(phase, mode);
        const written = table[name]?.[phase] ?? `${state.phase}:`;
        expect(describe(state, input), phase).toBe(mode === "once" ? inModeOnce(written) : written);
      }
    });
  }
}

test("M1: the table knows every input", () => {
  expect(Object.keys(table).sort()).toEqual(Object.keys(inputs).sort());
});

test("M2: a refusal counts only after the relay has said what it took of the batch (C3)", () => {
  const held = stepReplica(stateIn("sent", "stay"), message(refused));
  expect(held.effects).toEqual([]);
  const answered = stepReplica(held.state, message({ type: "ack", log, heads: [], isAnswer: true }));
  expect(answered.effects.map(({ type }) => type)).toEqual(["noteAck", "park"]);
  expect(answered.state.refusals).toEqual([]);
  expect(stepReplica(answered.state, { type: "noted", ask: null }).effects).toEqual([
    { type: "prepare", log },
  ]);
});

test("M3: blocks of others that are passed on do not end the answer to our batch (S3)", () => {
  const sent = stateIn("sent", "stay");
  const step = stepReplica(sent, message({ type: "ack", log, heads: [], isAnswer: false }));
  expect(step.state.offering).toEqual(sent.offering);
});

test("M4: a log that is asked for is not offered, and none is while auth is asked for (P1)", () => {
  const comparing = stateIn("comparing", "stay");
  const asksAuth = {
    type: "compared",
    asks: [{ log: "auth", stateVector }],
    fetches: [],
    offers: [log],
  } as const;
  const first = stepReplica(comparing, asksAuth);
  expect(first.effects.map(({ type }) => type)).toEqual(["send"]);
  const answered = stepReplica(first.state, message({ type: "state", log: "auth", heads: [] }));
  const noted = stepReplica(answered.state, { type: "noted", ask: null });
  expect(noted.effects).toEqual([{ type: "prepare", log: "auth" }]);
  const after = stepReplica(noted.state, { type: "prepared", log: "auth", update: null });
  expect(after.effects).toEqual([{ type: "prepare", log }]);
});

test("M5: logs are offered in the queue's order, auth before all (S2)", () => {
  const compared = { type: "compared", asks: [], fetches: [], offers: ["main/Z", "main/A", "auth"] } as const;
  let step = stepReplica(stateIn("comparing", "once"), compared);
  const order: string[] = [];
  while (step.state.offering !== null) {
    order.push(step.state.offering.log);
    step = stepReplica(step.state, { type: "prepared", log: step.state.offering.log, update: null });
  }
  expect(order).toEqual(["auth", "main/Z", "main/A"]);
  expect(step.effects.map(({ type }) => type)).toEqual(["caughtUp", "disconnect", "finish"]);
});

test("M6: what was saved while the logs were compared is offered (S5)", () => {
  const changed = stepReplica(stateIn("comparing", "stay"), { type: "changed", logs: [log] });
  const step = stepReplica(changed.state, { type: "compared", asks: [], fetches: [], offers: [] });
  expect(step.effects).toEqual([{ type: "prepare", log }]);
});

test("M15: what was foreseen is settled when no answer is under way, once, and goes in the same sync (O6)", () => {
  const asked = stateIn("exchanging", "once");
  const got = stepReplica(asked, message({ type: "update", log, update })).state;
  const other = stepReplica(
    { ...got, asking: [log, "main/Other"] },
    message({ type: "state", log, heads: [] }),
  );
  // Another answer is under way still: only what waits here is looked at.
  expect(stepReplica(other.state, { type: "noted", ask: null }).effects).toEqual([{ type: "prepare", log }]);
  const ended = stepReplica(got, message({ type: "state", log, heads: [] }));
  const settling = stepReplica(ended.state, { type: "noted", ask: null });
  expect(settling.effects).toEqual([{ type: "settle" }]);
  expect(stepReplica(settling.state, { type: "noted", ask: null }).effects).toEqual([]);
  const settled = stepReplica(settling.state, { type: "settled", logs: ["main/Acme", "main/Else"] });
  expect(settled.effects).toEqual([{ type: "prepare", log }]);
  const next = stepReplica(settled.state, { type: "prepared", log, update: null });
  expect(next.effects).toEqual([{ type: "prepare", log: "main/Else" }]);
});

test("M15: a connection that brings nothing settles what an earlier one brought before it was cut", () => {
  const comparing = { ...initialReplicaState("once"), phase: "comparing" as const };
  expect(stepReplica(comparing, { type: "compared", asks: [], fetches: [], offers: [] }).effects).toEqual([
    { type: "settle" },
  ]);
});

test("M7: after a cut nothing is remembered but how often it was tried (S2, S3)", () => {
  const busy = {
    ...stateIn("sent", "stay"),
    asking: ["auth"],
    toOffer: [log],
    refusals: [refused],
    retryCount: 4,
  };
  const { state } = stepReplica(busy, { type: "closed", problem });
  expect(state).toEqual({ ...initialReplicaState("stay"), phase: "waiting", retryCount: 5 });
});

test("M8: a problem that a person must mend ends even a sync that stays; one that may pass does not (S2)", () => {
  for (const [code, phase] of [
    ["version-mismatch", "finished"],
    ["no-space", "finished"],
    ["relay-failed", "waiting"],
  ] as const) {
    const said = message({ type: "error", code, reason: "r", hint: "h" });
    expect(stepReplica(stateIn("exchanging", "stay"), said).state.phase, code).toBe(phase);
  }
});

test("M16: sealed logs are fetched one by one once auth is here, then asked for, and only then offered (L6)", () => {
  const compared = {
    type: "compared",
    asks: [{ log: "auth", stateVector }],
    fetches: [log, "main/Other"],
    offers: [log],
  } as const;
  const first = stepReplica(stateIn("comparing", "once"), compared);
  expect(first.effects.map(({ type }) => type)).toEqual(["send"]);
  const answered = stepReplica(first.state, message({ type: "state", log: "auth", heads: [] }));
  const noted = stepReplica(answered.state, { type: "noted", ask: null });
  expect(noted.effects).toEqual([
    { type: "fetch", log },
    { type: "prepare", log: "auth" },
  ]);
  const idle = stepReplica(noted.state, { type: "prepared", log: "auth", update: null });
  expect(idle.effects, "a log that is fetched is not offered, and nothing is at its end").toEqual([]);
  const lacking = stepReplica(idle.state, { type: "lacking", ask: { log: "main/Other", stateVector } });
  expect(lacking.effects, "what is to be fetched is not asked for before").toEqual([]);
  const wrong = stepReplica(idle.state, { type: "fetched", ask: { log: "main/Other", stateVector } });
  expect(wrong.state).toEqual(idle.state);
  const fetched = stepReplica(idle.state, { type: "fetched", ask: { log, stateVector } });
  expect(fetched.effects).toEqual([
    { type: "send", message: { type: "ask", log, stateVector } },
    { type: "fetch", log: "main/Other" },
  ]);
  const ended = stepReplica(fetched.state, message({ type: "state", log, heads: [] }));
  expect(stepReplica(ended.state, { type: "noted", ask: null }).effects).toEqual([{ type: "prepare", log }]);
});

test("M16: auth is fetched before all others, and asked for to its end before these", () => {
  const compared = { type: "compared", asks: [], fetches: [log, "auth"], offers: [] } as const;
  const first = stepReplica(stateIn("comparing", "once"), compared);
  expect(first.effects).toEqual([{ type: "fetch", log: "auth" }]);
  const fetched = stepReplica(first.state, { type: "fetched", ask: { log: "auth", stateVector } });
  expect(fetched.effects.map(({ type }) => type)).toEqual(["send"]);
  const answered = stepReplica(fetched.state, message({ type: "state", log: "auth", heads: [] }));
  const noted = stepReplica(answered.state, { type: "noted", ask: null });
  expect(noted.effects[0]).toEqual({ type: "fetch", log });
});

test("M16: nothing is asked while auth is fetched: whose blocks an answer brings could not be told (P1)", () => {
  const compared = { type: "compared", asks: [{ log, stateVector }], fetches: ["auth"], offers: [] } as const;
  const first = stepReplica(stateIn("comparing", "once"), compared);
  expect(first.effects).toEqual([{ type: "fetch", log: "auth" }]);
  const fetched = stepReplica(first.state, { type: "fetched", ask: { log: "auth", stateVector } });
  expect(fetched.effects.map(({ type }) => type)).toEqual(["send"]);
  const answered = stepReplica(fetched.state, message({ type: "state", log: "auth", heads: [] }));
  const noted = stepReplica(answered.state, { type: "noted", ask: null });
  expect(noted.effects[0]).toEqual({ type: "send", message: { type: "ask", log, stateVector } });
});

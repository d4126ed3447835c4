import type { Problem } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import type { Hello, Message, StreamHead, Welcome } from "./message.js";
import { inExchangeOrder } from "./wanted.js";

/** How often the link is looked at; one that stays silent after a ping is given up at the next look (S6). */
export const heartbeatMs: number = 4000;

/** Whether a sync ends when both sides have all, or stays for what comes. */
export type SyncMode = "once" | "stay";

/** What happens to a replica's side of a sync. */
export type ReplicaInput =
  | { readonly type: "start" }
  | { readonly type: "opened"; readonly hello: Hello }
  | { readonly type: "message"; readonly message: Message }
  | { readonly type: "closed"; readonly problem: Problem }
  | { readonly type: "heartbeat" }
  /** Something was saved here. */
  | { readonly type: "changed"; readonly logs: readonly LogName[] }
  /** The answer to `compare`: what to ask for and what to offer, or why this relay is not the right one. */
  | { readonly type: "compared"; readonly asks: readonly Ask[]; readonly offers: readonly LogName[] }
  | { readonly type: "mismatched"; readonly problem: Problem }
  /** The answer to `ingest`, `noteState` and `noteAck` when the log must be asked for (again). */
  | { readonly type: "lacking"; readonly ask: Ask }
  /** The answer to `prepare`: the next batch, or null if the relay has all. */
  | { readonly type: "prepared"; readonly log: LogName; readonly update: Uint8Array | null }
  | { readonly type: "stop" };

/** A log to ask for, with what is held of it. */
export interface Ask {
  readonly log: LogName;
  readonly stateVector: Uint8Array;
}

/** What a replica's side of a sync does. The shell runs effects in order, one at a time. */
export type ReplicaEffect =
  | { readonly type: "connect" }
  | { readonly type: "disconnect" }
  | { readonly type: "send"; readonly message: Message }
  /** Compare digests with the relay's, and join its space if this one is new. */
  | { readonly type: "compare"; readonly welcome: Welcome }
  /** Admit and fold what came. */
  | { readonly type: "ingest"; readonly log: LogName; readonly update: Uint8Array }
  /** All that the relay has of a log: replaces the durable vector. */
  | { readonly type: "noteState"; readonly log: LogName; readonly heads: readonly StreamHead[] }
  /** What more the relay has of a log: raises the durable vector. */
  | { readonly type: "noteAck"; readonly log: LogName; readonly heads: readonly StreamHead[] }
  /** Park the changes a refusal names, and begin a new epoch. */
  | { readonly type: "park"; readonly refusal: Extract<Message, { type: "refused" }> }
  /** Sign what waits and read the next batch that the relay lacks. */
  | { readonly type: "prepare"; readonly log: LogName }
  /** Both sides have all that the other has. */
  | { readonly type: "caughtUp" }
  /** Connect again after a while; the shell draws the delay. */
  | { readonly type: "retry"; readonly retryCount: number; readonly problem: Problem }
  /** The end. */
  | { readonly type: "finish"; readonly problem: Problem | null };

export interface ReplicaState {
  readonly mode: SyncMode;
  readonly phase: "idle" | "connecting" | "greeting" | "comparing" | "exchanging" | "waiting" | "finished";
  readonly retryCount: number;
  /** Logs whose `state` is awaited. */
  readonly asking: readonly LogName[];
  /** Logs that may hold something the relay lacks, in order. */
  readonly toOffer: readonly LogName[];
  /** The one log that is being offered: at most one batch is under way, so that a cut repeats no more than it. */
  readonly offering: { readonly log: LogName; readonly isSent: boolean } | null;
  readonly isCaughtUp: boolean;
  readonly link: "heard" | "quiet" | "pinged";
}

export interface ReplicaStep {
  readonly state: ReplicaState;
  readonly effects: readonly ReplicaEffect[];
}

/** A machine that has done nothing yet. */
export function initialReplicaState(mode: SyncMode): ReplicaState {
  return {
    mode,
    phase: "idle",
    retryCount: 0,
    asking: [],
    toOffer: [],
    offering: null,
    isCaughtUp: false,
    link: "heard",
  };
}

/** One step of a replica's side of a sync with a relay. Pure. */
export function stepReplica(state: ReplicaState, input: ReplicaInput): ReplicaStep {
  if (state.phase === "finished") return { state, effects: [] };
  switch (input.type) {
    case "start":
      return { state: { ...state, phase: "connecting" }, effects: [{ type: "connect" }] };
    case "opened":
      return {
        state: { ...state, phase: "greeting", link: "heard" },
        effects: [{ type: "send", message: input.hello }],
      };
    case "message":
      return onMessage({ ...state, link: "heard" }, input.message);
    case "closed":
      return onClosed(state, input.problem);
    case "heartbeat":
      return onHeartbeat(state);
    case "changed":
      return state.phase === "exchanging" ? proceed(offer(state, input.logs), []) : { state, effects: [] };
    case "compared":
      return onCompared(state, input.asks, input.offers);
    case "mismatched":
      return finish(state, input.problem, [{ type: "disconnect" }]);
    case "lacking":
      return {
        state: { ...state, asking: [...state.asking, input.ask.log] },
        effects: [{ type: "send", message: { type: "ask", ...input.ask } }],
      };
    case "prepared":
      return onPrepared(state, input.log, input.update);
    case "stop":
      return finish(state, null, [{ type: "disconnect" }]);
  }
}

function onMessage(state: ReplicaState, message: Message): ReplicaStep {
  switch (message.type) {
    case "welcome":
      if (state.phase !== "greeting") return unexpected(state, message);
      return { state: { ...state, phase: "comparing" }, effects: [{ type: "compare", welcome: message }] };
    case "update":
      return { state, effects: [{ type: "ingest", log: message.log, update: message.update }] };
    case "state": {
      const asking = state.asking.filter((log) => log !== message.log);
      return onHeads({ ...state, asking }, { type: "noteState", log: message.log, heads: message.heads });
    }
    case "ack":
      return onHeads(state, { type: "noteAck", log: message.log, heads: message.heads });
    case "refused":
      return { state, effects: [{ type: "park", refusal: message }] };
    case "error":
      return finish(state, { code: message.code, message: message.reason, hint: message.hint }, [
        { type: "disconnect" },
      ]);
    case "ping":
      return { state, effects: [{ type: "send", message: { type: "pong" } }] };
    case "pong":
      return { state, effects: [] };
    case "hello":
    case "ask":
      return unexpected(state, message);
  }
}

/**
 * The relay says what it durably has. That ends the answer to a batch (after refusals, if any) and the answer to an
 * `ask`; then the log is looked at again, since there may be more to offer. An `ack` that answers nothing of ours
 * follows blocks of others.
 */
function onHeads(
  state: ReplicaState,
  effect: Extract<ReplicaEffect, { log: LogName; heads: unknown }>,
): ReplicaStep {
  const isAnswer = state.offering?.log === effect.log && state.offering.isSent;
  if (!isAnswer && effect.type === "noteAck") return { state, effects: [effect] };
  return proceed(offer(isAnswer ? { ...state, offering: null } : state, [effect.log]), [effect]);
}

function onCompared(state: ReplicaState, asks: readonly Ask[], offers: readonly LogName[]): ReplicaStep {
  const asking = asks.map(({ log }) => log);
  const sends = asks.map((ask): ReplicaEffect => ({ type: "send", message: { type: "ask", ...ask } }));
  const asked = new Set(asking);
  const next: ReplicaState = { ...state, phase: "exchanging", retryCount: 0, asking, isCaughtUp: false };
  return proceed(
    offer(
      next,
      offers.filter((log) => !asked.has(log)),
    ),
    sends,
  );
}

function onPrepared(state: ReplicaState, log: LogName, update: Uint8Array | null): ReplicaStep {
  if (state.offering?.log !== log) return { state, effects: [] };
  if (update === null) return proceed({ ...state, offering: null }, []);
  return {
    state: { ...state, offering: { log, isSent: true } },
    effects: [{ type: "send", message: { type: "update", log, update } }],
  };
}

function onClosed(state: ReplicaState, problem: Problem): ReplicaStep {
  if (state.mode === "once") return finish(state, problem, []);
  const retryCount = state.retryCount + 1;
  return {
    state: { ...initialReplicaState(state.mode), phase: "waiting", retryCount },
    effects: [{ type: "retry", retryCount, problem }],
  };
}

function onHeartbeat(state: ReplicaState): ReplicaStep {
  if (state.phase === "idle" || state.phase === "waiting") return { state, effects: [] };
  switch (state.link) {
    case "heard":
      return { state: { ...state, link: "quiet" }, effects: [] };
    case "quiet":
      if (state.phase === "connecting") return { state: { ...state, link: "pinged" }, effects: [] };
      return { state: { ...state, link: "pinged" }, effects: [{ type: "send", message: { type: "ping" } }] };
    case "pinged": {
      const closed = onClosed(state, silentRelay);
      return { state: closed.state, effects: [{ type: "disconnect" }, ...closed.effects] };
    }
  }
}

const silentRelay: Problem = {
  code: "relay-silent",
  message: "the relay stopped answering",
  hint: "Your work is safe here. Check the network, then run `darklang sync`.",
};

function offer(state: ReplicaState, logs: readonly LogName[]): ReplicaState {
  return { ...state, toOffer: inExchangeOrder([...state.toOffer, ...logs]), isCaughtUp: false };
}

/** Looks at the next log to offer; when nothing is awaited and nothing left, both sides have all. */
function proceed(state: ReplicaState, before: readonly ReplicaEffect[]): ReplicaStep {
  if (state.offering !== null || state.phase !== "exchanging") return { state, effects: before };
  const [log, ...toOffer] = state.toOffer;
  if (log !== undefined) {
    const offering = { log, isSent: false };
    return { state: { ...state, toOffer, offering }, effects: [...before, { type: "prepare", log }] };
  }
  if (state.asking.length > 0 || state.isCaughtUp) return { state, effects: before };
  const done: ReplicaEffect[] = [...before, { type: "caughtUp" }];
  if (state.mode === "once") return finish(state, null, [...done, { type: "disconnect" }]);
  return { state: { ...state, isCaughtUp: true }, effects: done };
}

function unexpected(state: ReplicaState, message: Message): ReplicaStep {
  const problem: Problem = {
    code: "protocol",
    message: `the relay sent ${message.type} out of turn`,
    hint: "Is this URL a darksync relay of the same version? Ask whoever runs it.",
  };
  return finish(state, problem, [{ type: "disconnect" }]);
}

function finish(state: ReplicaState, problem: Problem | null, before: readonly ReplicaEffect[]): ReplicaStep {
  return { state: { ...state, phase: "finished" }, effects: [...before, { type: "finish", problem }] };
}

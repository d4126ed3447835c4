import type { Problem } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import type { Message } from "./message.js";
import { isPermanent } from "./problem-class.js";
import {
  type Ask,
  initialReplicaState,
  type ReplicaEffect,
  type ReplicaInput,
  type ReplicaState,
  type ReplicaStep,
} from "./replica-state.js";
import { authFirst, authLog } from "./wanted.js";

/**
 * How often the link is looked at. One that was silent for a look is pinged, and given up at the next look if it
 * stays silent: after at most three looks (S6).
 */
export const heartbeatMs: number = 3000;
/** A relay that says nothing to what it was asked for so many looks, a minute, has lost it, even if it answers pings. */
const maxLooksUnanswered = 20;

/** One step of a replica's side of a sync with a relay. Pure. What comes at the wrong time changes nothing. */
export function stepReplica(state: ReplicaState, input: ReplicaInput): ReplicaStep {
  const { phase } = state;
  if (phase === "finished") return unchanged(state);
  switch (input.type) {
    case "start":
      if (phase !== "idle" && phase !== "waiting") return unchanged(state);
      return { state: { ...state, phase: "connecting", link: "heard" }, effects: [{ type: "connect" }] };
    case "opened":
      if (phase !== "connecting") return unchanged(state);
      return {
        state: { ...state, phase: "greeting", link: "heard" },
        effects: [{ type: "send", message: input.hello }],
      };
    case "message":
      return isTalking(state) ? onMessage(heard(state, input.message), input.message) : unchanged(state);
    case "closed":
      return phase === "connecting" || isTalking(state) ? onClosed(state, input.problem) : unchanged(state);
    case "heartbeat":
      return onHeartbeat(state);
    case "changed":
      return proceed(offer(state, input.logs), []);
    case "compared":
      return phase === "comparing" ? onCompared(state, input) : unchanged(state);
    case "mismatched":
      return phase === "comparing"
        ? finish(state, input.problem, [{ type: "disconnect" }])
        : unchanged(state);
    case "fetched":
      return onFetched(state, input.ask);
    case "noted":
      if (!isExchanging(state)) return unchanged(state);
      return input.ask === null ? proceed(state, []) : ask(state, input.ask);
    case "lacking":
      // The end of an answer that is under way tells what is missing still.
      return isExchanging(state) && !isToCome(state, input.ask.log)
        ? ask(state, input.ask)
        : unchanged(state);
    case "prepared":
      return onPrepared(state, input.log, input.update);
    case "settled":
      return proceed(offer({ ...state, isSettling: false }, input.logs), []);
    case "stop":
      return finish(state, null, [{ type: "disconnect" }]);
  }
}

function unchanged(state: ReplicaState): ReplicaStep {
  return { state, effects: [] };
}

/** Whether the relay has been greeted, so that it may say something. */
function isTalking({ phase }: ReplicaState): boolean {
  return phase === "greeting" || phase === "comparing" || phase === "exchanging";
}

// What others save arrives from the moment the relay has answered the greeting.
function isExchanging({ phase }: ReplicaState): boolean {
  return phase === "comparing" || phase === "exchanging";
}

function heard(state: ReplicaState, message: Message): ReplicaState {
  const looksUnanswered = isToUs(state, message) ? 0 : state.looksUnanswered;
  return { ...state, link: "heard", looksUnanswered };
}

/** Whether it is to what was asked or sent here; the others' saves come whether or not that is being worked on. */
function isToUs({ asking }: ReplicaState, message: Message): boolean {
  if (message.type === "update") return asking.includes(message.log);
  if (message.type === "ack") return message.isAnswer;
  return message.type === "welcome" || message.type === "state" || message.type === "refused";
}

/** Whether the relay owes a word. */
function isAwaiting({ phase, asking, offering }: ReplicaState): boolean {
  return phase === "greeting" || asking.length > 0 || (offering?.isSent ?? false);
}

function onMessage(state: ReplicaState, message: Message): ReplicaStep {
  switch (message.type) {
    case "error":
      return onError(state, { code: message.code, message: message.reason, hint: message.hint });
    case "ping":
      return { state, effects: [{ type: "send", message: { type: "pong" } }] };
    case "pong":
      return unchanged(state);
    case "welcome":
      if (state.phase !== "greeting") return unexpected(state, message);
      return { state: { ...state, phase: "comparing" }, effects: [{ type: "compare", welcome: message }] };
    case "update":
    case "state":
    case "ack":
    case "refused":
      return isExchanging(state) ? onBlocks(state, message) : unexpected(state, message);
    case "hello":
    case "ask":
      return unexpected(state, message);
  }
}

function onBlocks(
  state: ReplicaState,
  message: Extract<Message, { type: "update" | "state" | "ack" | "refused" }>,
): ReplicaStep {
  const isOffered = state.offering?.log === message.log && state.offering.isSent;
  switch (message.type) {
    case "update":
      return {
        state: { ...state, isUnsettled: true },
        effects: [{ type: "ingest", log: message.log, update: message.update }],
      };
    case "state":
      // Answers come in the order of the questions, and a log that is asked for is not offered: a batch under way
      // was sent before the question.
      if (isOffered) return onAnswer(state, { type: "noteState", log: message.log, heads: message.heads });
      return {
        state: offer({ ...state, asking: state.asking.filter((log) => log !== message.log) }, [message.log]),
        effects: [{ type: "noteState", log: message.log, heads: message.heads }],
      };
    case "ack": {
      const effect: HeadsEffect = { type: "noteAck", log: message.log, heads: message.heads };
      if (isOffered && message.isAnswer) return onAnswer(state, effect);
      return { state: { ...state, isCaughtUp: false }, effects: [effect] };
    }
    case "refused":
      return isOffered
        ? { state: { ...state, refusals: [...state.refusals, message] }, effects: [] }
        : unchanged(state);
  }
}

type HeadsEffect = Extract<ReplicaEffect, { type: "noteState" | "noteAck" }>;

/**
 * The relay says what it durably has after a batch. Only then what it refused is dealt with: the epoch ends at the
 * last block it took (C3). Then the log is looked at again, since there may be more to offer.
 */
function onAnswer(state: ReplicaState, effect: HeadsEffect): ReplicaStep {
  const parks = state.refusals.map((refusal): ReplicaEffect => ({ type: "park", refusal }));
  return {
    state: offer({ ...state, offering: null, refusals: [] }, [effect.log]),
    effects: [effect, ...parks],
  };
}

function ask(state: ReplicaState, question: Ask): ReplicaStep {
  return {
    state: { ...state, asking: [...state.asking, question.log], isCaughtUp: false },
    effects: [{ type: "send", message: { type: "ask", ...question } }],
  };
}

function onCompared(
  state: ReplicaState,
  { asks, fetches, offers }: Extract<ReplicaInput, { type: "compared" }>,
): ReplicaStep {
  const next: ReplicaState = {
    ...state,
    phase: "exchanging",
    retryCount: 0,
    fetching: authFirst(fetches),
    held: asks,
    isCaughtUp: false,
  };
  return proceed(
    offer(
      next,
      offers.filter((log) => !isToCome(next, log)),
    ),
    [],
  );
}

/** Asks about all logs, but not before `auth` was fetched: answers come in order, and what is fetched beside them. */
function askHeld(state: ReplicaState, effects: readonly ReplicaEffect[]): ReplicaStep {
  if (state.phase !== "exchanging" || state.held.length === 0) return { state, effects };
  if (state.fetching.includes(authLog) || state.asking.includes(authLog)) return { state, effects };
  const { held } = state;
  const sends = held.map((ask): ReplicaEffect => ({ type: "send", message: { type: "ask", ...ask } }));
  const asking = [...state.asking, ...held.map(({ log }) => log)];
  return { state: { ...state, asking, held: [] }, effects: [...effects, ...sends] };
}

/** Whether the end of an answer about the log will tell what is to do about it. */
function isToCome({ asking, fetching, held }: ReplicaState, log: LogName): boolean {
  return asking.includes(log) || fetching.includes(log) || held.some((ask) => ask.log === log);
}

function onFetched(state: ReplicaState, question: Ask): ReplicaStep {
  if (!state.isFetching || state.fetching[0] !== question.log) return unchanged(state);
  const asked = ask({ ...state, fetching: state.fetching.slice(1), isFetching: false }, question);
  return proceed(asked.state, asked.effects);
}

function onPrepared(state: ReplicaState, log: LogName, update: Uint8Array | null): ReplicaStep {
  if (state.offering?.log !== log || state.offering.isSent) return unchanged(state);
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

/** A relay that answers and cannot go on may be able to later; what a person has to mend ends the sync. */
function onError(state: ReplicaState, problem: Problem): ReplicaStep {
  if (isPermanent(problem.code)) return finish(state, problem, [{ type: "disconnect" }]);
  const closed = onClosed(state, problem);
  return { state: closed.state, effects: [{ type: "disconnect" }, ...closed.effects] };
}

function onHeartbeat(before: ReplicaState): ReplicaStep {
  if (before.phase !== "connecting" && !isTalking(before)) return unchanged(before);
  const looksUnanswered = isAwaiting(before) ? before.looksUnanswered + 1 : 0;
  if (looksUnanswered > maxLooksUnanswered) return giveUp(before);
  const state = { ...before, looksUnanswered };
  switch (state.link) {
    case "heard":
      return { state: { ...state, link: "quiet" }, effects: [] };
    case "quiet":
      if (state.phase === "connecting") return { state: { ...state, link: "pinged" }, effects: [] };
      return { state: { ...state, link: "pinged" }, effects: [{ type: "send", message: { type: "ping" } }] };
    case "pinged":
      return giveUp(state);
  }
}

function giveUp(state: ReplicaState): ReplicaStep {
  const closed = onClosed(state, silentRelay);
  return { state: closed.state, effects: [{ type: "disconnect" }, ...closed.effects] };
}

const silentRelay: Problem = {
  code: "relay-silent",
  message: "the relay stopped answering",
  hint: "Your work is safe here. Check the network, then run `darklang sync`.",
};

function offer(state: ReplicaState, logs: readonly LogName[]): ReplicaState {
  return { ...state, toOffer: authFirst([...state.toOffer, ...logs]), isCaughtUp: false };
}

/**
 * Settles what was foreseen once no answer is under way, and looks at the next log to offer; when nothing is awaited
 * and nothing left, both sides have all.
 */
function proceed(before: ReplicaState, effectsBefore: readonly ReplicaEffect[]): ReplicaStep {
  const asked = askHeld(before, effectsBefore);
  const { state, effects } = startFetch(asked.state, asked.effects);
  if (state.offering !== null || state.isSettling || state.phase !== "exchanging") return { state, effects };
  const isAnswered = state.asking.length + state.fetching.length + state.held.length === 0;
  if (state.isUnsettled && isAnswered)
    return {
      state: { ...state, isUnsettled: false, isSettling: true },
      effects: [...effects, { type: "settle" }],
    };
  const log = nextToOffer(state);
  if (log !== null) {
    const offering = { log, isSent: false };
    const toOffer = state.toOffer.filter((other) => other !== log);
    return { state: { ...state, toOffer, offering }, effects: [...effects, { type: "prepare", log }] };
  }
  if (!isAnswered || state.isCaughtUp) return { state, effects };
  const done: ReplicaEffect[] = [...effects, { type: "caughtUp" }];
  if (state.mode === "once") return finish(state, null, [...done, { type: "disconnect" }]);
  return { state: { ...state, isCaughtUp: true }, effects: done };
}

/** Fetches one log after the other, all but `auth` itself once that is here: it tells whose blocks may be taken. */
function startFetch(state: ReplicaState, effects: readonly ReplicaEffect[]): ReplicaStep {
  const [log] = state.fetching;
  const isReady = state.phase === "exchanging" && !state.isFetching && !state.asking.includes(authLog);
  if (log === undefined || !isReady) return { state, effects };
  return { state: { ...state, isFetching: true }, effects: [...effects, { type: "fetch", log }] };
}

/**
 * The first log that may be offered now. One that is asked for waits for the answer: the relay may have other blocks
 * at our places (C3). All wait for the first one, `auth`, since nobody may write who has not introduced himself.
 */
function nextToOffer(state: ReplicaState): LogName | null {
  if (isToCome(state, authLog)) return null;
  return state.toOffer.find((log) => !isToCome(state, log)) ?? null;
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

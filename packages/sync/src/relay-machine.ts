import type { Problem } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { type Hello, type Message, protocolVersion, type StreamHead, type Welcome } from "./message.js";

/** What happens to the relay's side of one connection. */
export type ConnectionInput =
  | { readonly type: "message"; readonly message: Message | null }
  /** The answer to `enter`. */
  | { readonly type: "entered"; readonly welcome: Welcome }
  | { readonly type: "denied"; readonly problem: Problem }
  /** The answer to `admit`, after the commit: what is durable now, what is refused, and whether blocks are missing. */
  | {
      readonly type: "admitted";
      readonly log: LogName;
      readonly heads: readonly StreamHead[];
      readonly refused: readonly Extract<Message, { type: "refused" }>[];
      readonly gap: boolean;
    };

/** What the relay's side of one connection does. */
export type ConnectionEffect =
  | { readonly type: "send"; readonly message: Message }
  | { readonly type: "close" }
  /** Find the space and compare digests. */
  | { readonly type: "enter"; readonly hello: Hello }
  /** Send what the client lacks of a log, then its state. */
  | { readonly type: "answer"; readonly log: LogName; readonly stateVector: Uint8Array }
  /** Check, commit and pass on what the client sent. */
  | { readonly type: "admit"; readonly log: LogName; readonly update: Uint8Array };

export type ConnectionState = "new" | "entering" | "entered" | "closed";

/** One step of the relay's side of a connection. Pure. */
export function stepConnection(
  state: ConnectionState,
  input: ConnectionInput,
): { readonly state: ConnectionState; readonly effects: readonly ConnectionEffect[] } {
  if (state === "closed") return { state, effects: [] };
  switch (input.type) {
    case "message":
      return input.message === null ? deny(malformed) : onMessage(state, input.message);
    case "entered":
      if (state !== "entering") return { state, effects: [] };
      return { state: "entered", effects: [{ type: "send", message: input.welcome }] };
    case "denied":
      if (state !== "entering") return { state, effects: [] };
      return deny(input.problem);
    case "admitted":
      return { state, effects: state === "entered" ? answers(input) : [] };
  }
}

function onMessage(
  state: ConnectionState,
  message: Message,
): { readonly state: ConnectionState; readonly effects: readonly ConnectionEffect[] } {
  if (message.type === "ping") return { state, effects: [{ type: "send", message: { type: "pong" } }] };
  if (message.type === "pong") return { state, effects: [] };
  if (message.type === "hello" && state === "new") {
    if (message.version !== protocolVersion) return deny(otherVersion(message.version));
    return { state: "entering", effects: [{ type: "enter", hello: message }] };
  }
  if (message.type === "ask" && state === "entered") {
    return { state, effects: [{ type: "answer", log: message.log, stateVector: message.stateVector }] };
  }
  if (message.type === "update" && state === "entered") {
    return { state, effects: [{ type: "admit", log: message.log, update: message.update }] };
  }
  return deny(malformed);
}

function answers(input: Extract<ConnectionInput, { type: "admitted" }>): readonly ConnectionEffect[] {
  const { log, heads, refused, gap } = input;
  // One `ack` or `state` ends the answer, even if the batch moved nothing: whoever sent it waits for the word.
  const last: Message = gap ? { type: "state", log, heads } : { type: "ack", log, heads, isAnswer: true };
  return [...refused, last].map((message) => ({ type: "send", message }));
}

function deny(problem: Problem): {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
} {
  const { code, message: reason, hint } = problem;
  return {
    state: "closed",
    effects: [{ type: "send", message: { type: "error", code, reason, hint } }, { type: "close" }],
  };
}

const malformed: Problem = {
  code: "malformed-message",
  message: "that was no message the relay understands here",
  hint: "Use a darksync client of the same version as the relay.",
};

function otherVersion(version: number): Problem {
  return {
    code: "version-mismatch",
    message: `the relay speaks version ${protocolVersion} of the protocol, the client version ${version}`,
    hint: "Upgrade the older of the two.",
  };
}

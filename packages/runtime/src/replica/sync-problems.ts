import type { Problem } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import type { Message } from "@darksync/sync/message";

/** As a relay would say it, so that the machine ends the sync. */
export const tooMuch: Omit<Extract<Message, { type: "error" }>, "type"> = {
  code: "protocol",
  reason: "the relay sends far more than this device can take",
  hint: "Check the URL; if it is right, tell whoever runs the relay.",
};

/** What came is no message. */
export const notARelay: Problem = {
  code: "not-a-relay",
  message: "what answers there does not speak like a darksync relay",
  hint: "Check the URL: it is what `darklang-relay` prints when it starts.",
};

/** A relay that was asked twice still has more of a log than came. */
export function cannotTake(log: LogName): Problem {
  return {
    code: "lacking",
    message: `the relay has blocks of ${log} that this version cannot take`,
    hint: "Upgrade darksync; if it stays so, tell whoever runs the relay.",
  };
}

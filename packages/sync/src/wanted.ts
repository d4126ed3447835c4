import type { LogName } from "@darksync/core/vector";

/** Whether a client that asked for these owners (none: all) gets a log. The auth log goes to everyone. */
export function isWanted(log: LogName, only: readonly string[]): boolean {
  return only.length === 0 || log === "auth" || only.some((owner) => log === `main/${owner}`);
}

/** Logs in the order in which they are exchanged: auth first, since it tells who may write the others. */
export function inExchangeOrder(logs: Iterable<LogName>): LogName[] {
  return [...new Set(logs)].sort((left, right) => {
    if (left === "auth" || right === "auth") return left === right ? 0 : left === "auth" ? -1 : 1;
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

import { branchOfLog } from "@darksync/core/branch";
import type { LogName } from "@darksync/core/vector";

/** The log that says who may write; every device introduces itself there. */
export const authLog: LogName = "auth";

/** Whether a client that asked for these owners (none: all) gets a log. Auth and the branches' logs go to everyone. */
export function isWanted(log: LogName, only: readonly string[]): boolean {
  return (
    only.length === 0 ||
    log === authLog ||
    branchOfLog(log) !== null ||
    only.some((owner) => log === `main/${owner}`)
  );
}

/** Logs in the order in which they are exchanged: auth first, since it tells who may write the others. */
export function inExchangeOrder(logs: Iterable<LogName>): LogName[] {
  return [...new Set(logs)].sort((left, right) => {
    if (left === authLog || right === authLog) return left === right ? 0 : left === authLog ? -1 : 1;
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

/** The logs as they are, each once, but auth before all others. */
export function authFirst(logs: readonly LogName[]): LogName[] {
  const unique = new Set(logs);
  return unique.delete(authLog) ? [authLog, ...unique] : [...unique];
}

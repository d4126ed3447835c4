/** Commands that are planned and not there yet, with what they are for. */
export const notYet: ReadonlyMap<string, string> = new Map([
  ["request", "approval requests"],
  ["notices", "notifications"],
  ["member", "memberships"],
  ["namespace", "rights on namespaces"],
  ["peer", "sync between peers"],
  ["daemon", "a daemon"],
]);

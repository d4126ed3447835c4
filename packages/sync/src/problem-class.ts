/** Problems that trying again cannot mend; a person has to look (S2). */
const permanentCodes: ReadonlySet<string> = new Set([
  "version-mismatch",
  "space-mismatch",
  "no-such-space",
  "no-space",
  "which-space",
  "not-a-relay",
  "protocol",
  "not-allowed",
]);

/** Codes of problems that mean nobody answered; all others come from a relay, or from what stands in its place. */
const unreachableCodes: ReadonlySet<string> = new Set(["relay-unreachable", "relay-silent"]);

/** Whether a problem stays until a person does something (S2). */
export function isPermanent(code: string): boolean {
  return permanentCodes.has(code);
}

/** Whether a problem means that the relay could not be reached. */
export function isUnreachable(code: string): boolean {
  return unreachableCodes.has(code);
}

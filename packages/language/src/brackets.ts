const closers: ReadonlyMap<string, string> = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);

/** What is wrong with the brackets of masked code, and where; null if each has its partner. */
export function bracketProblem(code: string): { at: number; reason: string } | null {
  const open: { bracket: string; at: number }[] = [];
  for (const match of code.matchAll(/``[^`\r\n]+``|[()[\]{}]/g)) {
    const found = match[0];
    if (found.length > 1) continue; // a quoted name may hold anything
    if (closers.has(found)) {
      open.push({ bracket: found, at: match.index });
      continue;
    }
    const partner = open.pop();
    if (partner === undefined) return { at: match.index, reason: `\`${found}\` closes nothing` };
    const wanted = closers.get(partner.bracket);
    if (wanted !== found)
      return { at: match.index, reason: `\`${found}\` stands where \`${wanted}\` is missing` };
  }
  const left = open.at(-1);
  return left === undefined ? null : { at: left.at, reason: `\`${left.bracket}\` is never closed` };
}

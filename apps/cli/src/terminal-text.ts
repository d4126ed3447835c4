/**
 * A text as it may go to a terminal: what a teammate wrote must not drive it, so of the control characters only line
 * breaks, tabs and the colours of `paint` stay as they are.
 */
export function terminalText(text: string): string {
  return text.replace(/\r\n|\p{Cc}(\[(?:[12]|22|3[1236]|39)m)?/gu, (match, colour: string | undefined) => {
    const isColour = colour !== undefined && match.codePointAt(0) === escapeCode;
    return isColour || kept.has(match) ? match : `\u{fffd}${colour ?? ""}`;
  });
}

const escapeCode = 0x1b;
const kept: ReadonlySet<string> = new Set(["\r\n", "\n", "\t"]);

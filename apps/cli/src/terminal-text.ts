/**
 * A text as it may go to a terminal: what a teammate wrote must not drive it, so of the control characters only line
 * breaks, tabs and the colours of `paint` stay as they are. Nor may it show words in another order than they are in:
 * of the marks that turn the direction of what follows, none stays.
 */
export function terminalText(text: string): string {
  return text.replace(
    /\r\n|[\p{Cc}\u{202a}-\u{202e}\u{2066}-\u{2069}](\[(?:[12]|22|3[1236]|39)m)?/gu,
    (match, colour: string | undefined) => {
      const isColour = colour !== undefined && match.codePointAt(0) === escapeCode;
      return isColour || kept.has(match) ? match : `\u{fffd}${colour ?? ""}`;
    },
  );
}

const escapeCode = 0x1b;
const kept: ReadonlySet<string> = new Set(["\r\n", "\n", "\t"]);

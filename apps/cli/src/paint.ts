import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

// `styleText` leaves colours out where the stream is no terminal or NO_COLOR is set.
function painter(style: Style, stream: NodeJS.WriteStream): (text: string) => string {
  return (text) => styleText(style, text, { stream });
}

/** Colours for a terminal; on anything else the text stays plain. */
export const paint = {
  dim: painter("dim", process.stdout),
  bold: painter("bold", process.stdout),
  green: painter("green", process.stdout),
  red: painter("red", process.stdout),
  yellow: painter("yellow", process.stdout),
  cyan: painter("cyan", process.stdout),
  error: painter(["bold", "red"], process.stderr),
  hint: painter("cyan", process.stderr),
} as const;

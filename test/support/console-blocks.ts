/** A command as a page shows it, with what the page says it prints. */
export interface ConsoleStep {
  /** Whose prompt it is: empty where the page shows a bare `$`. */
  readonly person: string;
  readonly command: string;
  /** Lines; one of `…` alone stands for any number of lines. */
  readonly output: readonly string[];
  /** Where the command stands, for people. */
  readonly line: number;
}

/** The commands in the `console` blocks of a page in Markdown, in order. */
export function consoleSteps(page: string): readonly ConsoleStep[] {
  const steps: { person: string; command: string; output: string[]; line: number }[] = [];
  let isWithin = false;
  for (const [index, text] of page.split("\n").entries()) {
    if (text.startsWith("```")) {
      isWithin = text === "```console";
      continue;
    }
    if (!isWithin) continue;
    const prompt = /^([a-z]*)\$ (.*)$/.exec(text);
    if (prompt !== null)
      steps.push({ person: prompt[1] ?? "", command: prompt[2] ?? "", output: [], line: index + 1 });
    else steps.at(-1)?.output.push(text);
  }
  return steps;
}

const idPattern = /\b[0-9a-f]{8,64}\b/g;
const timePattern = /\d{4}-\d\d-\d\d \d\d:\d\d/g;
// The state of sync, which depends on how fast the machine is.
const indicatorPattern = /^(?:on \S+ · )?[●◐○✗] (?:Online|Offline)\b/;

/** The ids of a page, which were others when it was written, by those that this run has in their places. */
export class PageIds {
  readonly #byPage = new Map<string, string>();

  /** A command with the ids of this run, where it names some of the page's by their beginnings. */
  inCommand(command: string): string {
    return command.replace(/\b[0-9a-f]{4,64}\b/g, (prefix) => {
      const known = [...this.#byPage].find(([id]) => id.startsWith(prefix));
      return known?.[1] ?? prefix;
    });
  }

  /** Why what was printed is not what the page says; null if it is. Ids and times may be others. */
  difference(page: readonly string[], printed: readonly string[]): string | null {
    const actual = shownLines(printed);
    let at = 0;
    let maySkip = false;
    for (const expected of shownLines(page)) {
      if (expected === "…") {
        maySkip = true;
        continue;
      }
      while (maySkip && at < actual.length && wordsOf(actual[at] ?? "") !== wordsOf(expected)) at += 1;
      const line = actual[at];
      if (line === undefined || wordsOf(line) !== wordsOf(expected))
        return `expected: ${expected}\nprinted:  ${line ?? "nothing more"}`;
      this.#note(expected, line);
      maySkip = false;
      at += 1;
    }
    return maySkip || at === actual.length ? null : `printed besides: ${actual[at]}`;
  }

  #note(expected: string, line: string): void {
    const ids = line.match(idPattern) ?? [];
    for (const [index, id] of (expected.match(idPattern) ?? []).entries()) {
      const own = ids[index];
      if (own !== undefined && !this.#byPage.has(id)) this.#byPage.set(id, own);
    }
  }
}

function shownLines(lines: readonly string[]): readonly string[] {
  const shown = lines.map((line) => line.trimEnd()).filter((line) => !indicatorPattern.test(line));
  while (shown.at(-1) === "") shown.pop();
  return shown;
}

/** The words of a line, in one order: authors and heads are listed by ids, which are others in every run. */
function wordsOf(line: string): string {
  const words =
    line
      .replace(timePattern, "TIME")
      .replace(idPattern, "ID")
      .match(/[^\s(),]+/g) ?? [];
  return words.sort().join(" ");
}

import type { Problem } from "@darksync/core/result";
import type { SyncStatus } from "@darksync/core/status";
import type { Command } from "commander";
import { type Answer, type GlobalOptions, print, report } from "../command.js";
import { checkSpace } from "../health.js";
import { paint } from "../paint.js";
import { findSpace } from "../space.js";
import { countOf } from "../wording.js";

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("check that nothing in this space is damaged")
    .option("--repair", "mend what is damaged; a database that has to be replaced is kept beside the new one")
    .addHelpText(
      "after",
      `
Checked: the database and its tables, the chains and signatures of all blocks,
ids and texts of all changes, what they come to when folded anew, the queue,
the outbox, the device key, and the room on the disk. Without --repair nothing
is changed.

A damaged database is made anew from its good parts, from the outbox (the second
copy of what no relay has yet) and from the relay. It can be interrupted and run
again at any time.

Examples:
  darklang doctor --json
  darklang doctor --repair`,
    )
    .action(runDoctor);
}

async function runDoctor(options: { readonly repair?: true }, command: Command): Promise<void> {
  const globals = command.optsWithGlobals<GlobalOptions>();
  const paths = findSpace(globals.space);
  const isQuiet = globals.json === true;
  if (options.repair !== true) {
    const { problems, checked, status } = await checkSpace(paths, isQuiet);
    return say(
      { json: { ok: problems.length === 0, problems }, ...verdict(problems, checked) },
      status,
      globals,
    );
  }
  const { repairSpace } = await import("../repair.js");
  const { health, repaired, missing, kept } = await repairSpace(paths, {
    isQuiet,
    isOffline: globals.offline === true,
  });
  const { problems, checked, status } = health;
  const { text, exitCode } = verdict(problems, checked);
  const lines = [
    ...repaired,
    ...(kept === null ? [] : [`The damaged database is kept, until you delete it: ${kept}`]),
    ...missing.map((words) => paint.yellow(words)),
    text,
  ];
  const json = { ok: problems.length === 0, problems, repaired, missing, kept };
  say({ json, text: lines.join("\n"), exitCode }, status, globals);
}

function verdict(
  problems: readonly Problem[],
  checked: readonly string[],
): { readonly text: string; readonly exitCode: 0 | 1 } {
  if (problems.length === 0)
    return { text: `${paint.green("●")} Nothing is wrong: ${checked.join(", ")}.`, exitCode: 0 };
  const lines = [
    `${paint.red("✗")} ${countOf(problems.length, "problem")}:`,
    ...problems.flatMap(({ message, hint }) => [...linesOf(message), `    ${paint.cyan("hint:")} ${hint}`]),
  ];
  return { text: lines.join("\n"), exitCode: 1 };
}

const maxLines = 4;

/** What SQLite says of a damaged database may go on for pages. */
function linesOf(message: string): readonly string[] {
  const [first, ...others] = message.split("\n");
  const more = others.length - maxLines;
  return [
    `  ${first}`,
    ...others.slice(0, maxLines).map((line) => `    ${line}`),
    ...(more > 0 ? [`    and ${countOf(more, "line")} more: --json has all`] : []),
  ];
}

function say(answer: Answer, status: SyncStatus | null, globals: GlobalOptions): void {
  if (status !== null) {
    report(answer, { status: () => status, branch: null }, globals);
    return;
  }
  // What is true of sync cannot be told without the database.
  print(globals.json === true ? JSON.stringify({ ...answer.json, sync: null }) : answer.text);
  if (answer.exitCode !== undefined) process.exitCode = answer.exitCode;
}

import type { Command } from "commander";
import { type GlobalOptions, print, report } from "../command.js";
import { checkSpace } from "../health.js";
import { paint } from "../paint.js";
import { wrongUsage } from "../problem-error.js";
import { findSpace } from "../space.js";
import { countOf } from "../wording.js";

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("check that nothing in this space is damaged; changes nothing")
    .option("--repair", "not there yet")
    .addHelpText(
      "after",
      `
Checked: the database and its tables, the chains and signatures of all blocks,
ids and texts of all changes, what they come to when folded anew, the queue,
the device key, and the room on the disk.

Example:
  darklang doctor --json`,
    )
    .action(runDoctor);
}

async function runDoctor(options: { readonly repair?: true }, command: Command): Promise<void> {
  if (options.repair === true)
    wrongUsage("this version only checks, it does not repair", "Leave --repair out.");
  const globals = command.optsWithGlobals<GlobalOptions>();
  const { problems, checked, status } = await checkSpace(findSpace(globals.space), globals.json === true);
  const ok = problems.length === 0;
  const lines = ok
    ? [`${paint.green("●")} Nothing is wrong: ${checked.join(", ")}.`]
    : [
        `${paint.red("✗")} ${countOf(problems.length, "problem")}:`,
        ...problems.flatMap(({ message, hint }) => [`  ${message}`, `    ${paint.cyan("hint:")} ${hint}`]),
      ];
  const answer = { json: { ok, problems }, text: lines.join("\n"), exitCode: ok ? 0 : 1 } as const;
  if (status !== null) report(answer, { status: () => status, branch: null }, globals);
  else {
    // What is true of sync cannot be told without the database.
    print(globals.json === true ? JSON.stringify({ ...answer.json, sync: null }) : answer.text);
    process.exitCode = answer.exitCode;
  }
}

import { styleText } from "node:util";
import { Command } from "commander";
import { examineData, type RelayHealth } from "./doctor.js";

interface DoctorOptions {
  readonly data: string;
  readonly repair?: true;
  readonly json?: true;
}

/** The subcommand `doctor`; `done` is told the exit code. */
export function doctorCommand(done: (exitCode: 0 | 1) => void): Command {
  return new Command("doctor")
    .description("check that nothing that a relay keeps is damaged; the relay must not be running")
    .requiredOption("--data <dir>", "folder of the spaces' databases")
    .option(
      "--repair",
      "make damaged databases anew from their good parts; the damaged ones are kept beside them",
    )
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Checked: of every space the database with its indexes, each block with its hash
and its place in its chain, signatures, segments and manifests; and the relay's
key. Without --repair nothing is changed.

A repair keeps every block and segment that is good. What is missing then is
missing at the ends of streams: clients see it, show their work as pending, and
bring it again with their next sync. It can be interrupted and run again.

Examples:
  darklang-relay doctor --data ./relay
  darklang-relay doctor --data ./relay --repair`,
    )
    .action(async ({ data, repair, json }: DoctorOptions) => {
      const health = await examineData(data, repair === true);
      process.stdout.write(`${json === true ? jsonOf(health) : textOf(health, data)}\n`);
      done(health.problems.length === 0 ? 0 : 1);
    });
}

function jsonOf({ problems, repaired, missing, kept }: RelayHealth): string {
  return JSON.stringify({ ok: problems.length === 0, problems, repaired, missing, kept });
}

function textOf({ problems, spaces, repaired, missing, kept }: RelayHealth, data: string): string {
  const count = `${spaces.length} ${spaces.length === 1 ? "space" : "spaces"}`;
  const verdict =
    problems.length === 0
      ? [
          `${styleText("green", "●")} Nothing is wrong with ${count}: databases, blocks, segments, manifests, key.`,
        ]
      : [
          `${styleText("red", "✗")} ${problems.length} ${problems.length === 1 ? "problem" : "problems"}:`,
          ...problems.flatMap(({ space, message, hint }) => [
            `  ${space === null ? "" : `space ${space.slice(0, 12)}: `}${message}`,
            `    ${styleText("cyan", "hint:")} ${hint.replace("--data DIR", `--data ${data}`)}`,
          ]),
        ];
  const keptWords = kept.map((path) => `The damaged database is kept, until you delete it: ${path}`);
  return [...repaired, ...keptWords, ...missing.map((words) => styleText("yellow", words)), ...verdict].join(
    "\n",
  );
}

import { importFiles, type Skipped } from "@darksync/runtime/edit/import-files";
import type { Command } from "commander";
import { type Answer, type GlobalOptions, inSpace } from "../command.js";
import { readDarkFiles } from "../dark-files.js";
import { paint } from "../paint.js";
import { startProgress } from "../progress.js";
import type { Space } from "../space.js";
import { countOf } from "../wording.js";

export function addImport(program: Command): void {
  program
    .command("import <PATH...>")
    .description("take .dark files or folders of them into the space")
    .addHelpText(
      "after",
      `
A folder is searched for *.dark files. Skipped, and reported: files that cannot
be read, are not UTF-8 or have an underscore in their path, and what is no
definition.

Examples:
  darklang import packages
  darklang import stdlib/list.dark stdlib/dict.dark`,
    )
    .action(inSpace("writes", runImport));
}

async function runImport(space: Space, command: Command, paths: string[]): Promise<Answer> {
  const found = readDarkFiles(paths);
  const isQuiet = command.optsWithGlobals<GlobalOptions>().json === true;
  const progress = startProgress("Importing files:", found.files.length, isQuiet);
  const imported = await importFiles(space.replica, found.files, (done) => progress.advance(done));
  progress.end();
  const { added, updated, unchanged } = imported;
  const skipped = [...found.skipped, ...imported.skipped];
  const counts = `${added} added, ${updated} updated, ${unchanged} unchanged, from ${countOf(imported.files, "file")}.`;
  return {
    json: { added, updated, unchanged, skipped },
    text: [counts, ...describeSkipped(skipped)].join("\n"),
    exitCode: skipped.length > 0 && added + updated + unchanged === 0 ? 1 : 0,
  };
}

const maxSkippedLines = 20;

function describeSkipped(skipped: readonly Skipped[]): readonly string[] {
  if (skipped.length === 0) return [];
  const lines = skipped
    .slice(0, maxSkippedLines)
    .map(({ file, line, reason }) => `  ${paint.bold(`${file}:${line}`)} ${reason}`);
  const rest = skipped.length - lines.length;
  return [
    `${skipped.length} skipped:`,
    ...lines,
    ...(rest > 0 ? [`  and ${rest} more: --json lists all`] : []),
  ];
}

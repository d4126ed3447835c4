import {
  type FileToImport,
  type Imported,
  importFiles,
  type Skipped,
} from "@darksync/runtime/edit/import-files";
import { StoreError } from "@darksync/runtime/store/store";
import type { Command } from "commander";
import { type Answer, type GlobalOptions, inSpace } from "../command.js";
import { readDarkFiles } from "../dark-files.js";
import { interruptible } from "../interruption.js";
import { turn } from "../make-room.js";
import { paint } from "../paint.js";
import { ProblemError } from "../problem-error.js";
import { startProgress } from "../progress.js";
import { problemOf } from "../report-failure.js";
import type { Space } from "../space.js";
import { countOf, someOf } from "../wording.js";

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
  const imported = await importAll(space, found.files, isQuiet);
  const { added, updated, unchanged } = imported;
  const skipped = [...found.skipped, ...imported.skipped];
  const isNothing = found.files.length === 0 && skipped.length === 0;
  const counts = `${added} added, ${updated} updated, ${unchanged} unchanged, from ${countOf(imported.files, "file")}.`;
  return {
    json: { added, updated, unchanged, skipped },
    text: [counts, ...describeSkipped(skipped), ...(isNothing ? [nothingText(paths)] : [])].join("\n"),
    exitCode: skipped.length > 0 && added + updated + unchanged === 0 ? 1 : 0,
  };
}

function nothingText(paths: readonly string[]): string {
  return `There is no .dark file in ${someOf(paths, 3)}.`;
}

/** Imports the files, some in each transaction. If it is cut short, what was done stays, and it is told how much. */
async function importAll(space: Space, files: readonly FileToImport[], isQuiet: boolean): Promise<Imported> {
  const progress = startProgress("Importing files:", files.length, isQuiet);
  let filesDone = 0;
  const done = () => `${filesDone} of ${countOf(files.length, "file")} are in the space`;
  const onProgress = async (count: number) => {
    await progress.advance(count);
    filesDone = count;
    // Whoever presses Ctrl-C is heard in between.
    await turn();
  };
  try {
    return await interruptible(
      progress,
      () => `Stopped: ${done()}. The same command goes on.`,
      () => importFiles(space.replica, files, onProgress),
    );
  } catch (error) {
    if (!(error instanceof StoreError) || filesDone === 0) throw error;
    const hint = "They stay. Free some room, then the same command again: it goes on with the rest.";
    throw new ProblemError({
      code: error.code,
      message: `${error.message}: ${done()}`,
      hint: error.code === "disk-full" ? hint : problemOf(error).problem.hint,
    });
  }
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

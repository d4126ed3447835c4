import { resolve } from "node:path";
import { exportFiles } from "@darksync/runtime/read/export-files";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { type Exported, ExportFolder } from "../export-folder.js";
import { ProblemError } from "../problem-error.js";
import type { Space } from "../space.js";
import { countOf, someOf } from "../wording.js";

export function addExport(program: Command): void {
  program
    .command("export <DIR>")
    .description("write all definitions as .dark files")
    .addHelpText(
      "after",
      `
What was imported and not changed since comes out byte for byte as it went in.
DIR must be empty, or hold an earlier export: its files are written over unless
somebody changed them, and no file is ever deleted.

Example:
  darklang export /tmp/packages`,
    )
    .action(inSpace("reads", (space, _command, dir: string) => runExport(space, dir)));
}

function runExport(space: Space, dir: string): Answer {
  const { files, definitions } = space.replica.store.read((tables) => exportFiles(space.replica, tables));
  const folder = new ExportFolder(resolve(dir), space.paths.dir);
  const inTheWay = folder.inTheWay(files);
  if (inTheWay.length > 0) {
    throw new ProblemError({
      code: "folder-not-empty",
      message: `${dir} has files that an export must not touch: ${someOf(inTheWay, 3)}`,
      hint: "Export to a new folder; what you changed there comes in by `darklang import`.",
    });
  }
  const exported = folder.write(files);
  return {
    json: { files: exported.written, definitions, left: exported.left, failed: exported.failed },
    text: describe(dir, exported, definitions),
    exitCode: exported.failed.length > 0 ? 1 : 0,
  };
}

const maxFailedLines = 20;

function describe(dir: string, { written, changed, left, failed }: Exported, definitions: number): string {
  const lines = [
    failed.length === 0
      ? `${countOf(definitions, "definition")} in ${countOf(written, "file")} written to ${dir}.`
      : `Only ${written} of ${countOf(written + failed.length, "file")} written to ${dir}.`,
  ];
  if (changed > 0) lines.push(`${countOf(changed, "file")} of an earlier export written over.`);
  if (left.length > 0) lines.push(`No longer part of the export, and left there: ${someOf(left, 3)}`);
  for (const { file, reason } of failed.slice(0, maxFailedLines))
    lines.push(`Not written: ${file}: ${reason}`);
  const more = failed.length - maxFailedLines;
  if (more > 0) lines.push(`  and ${more} more: --json lists all`);
  return lines.join("\n");
}

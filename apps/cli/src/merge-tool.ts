import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failure, type Result } from "@darksync/core/result";
import { fileNameOf, keepText } from "./kept-text.js";
import { hasMarkers, type MergeTexts, markedMerge } from "./marked-merge.js";
import { decodeText } from "./text-input.js";

/** The files of a merge, by the variables that name them in the command of a tool; as git has them. */
type MergeFiles = Readonly<Record<"BASE" | "LOCAL" | "REMOTE" | "MERGED", string>>;

/**
 * Lets a person merge in another program, as `git mergetool` does: runs `command` by `sh` on this terminal, with the
 * paths of the texts in $BASE, $LOCAL (mine), $REMOTE (theirs) and $MERGED, which begins as their merge with markers.
 * Returns what $MERGED holds in the end. Fails with `merge-tool-failed` (no start, or an exit code), `merge-unchanged`
 * (nothing was written), `merge-markers` (some are left) or as `decodeText` does; what was written is kept then.
 */
export async function mergeInTool(command: string, texts: MergeTexts, name: string): Promise<Result<string>> {
  const folder = mkdtempSync(join(tmpdir(), "darklang-merge-"));
  try {
    const files = writeFiles(folder, texts, fileNameOf(name));
    const begun = statSync(files.MERGED).mtimeMs;
    const ended = await runTool(command, files);
    const stat = statSync(files.MERGED, { throwIfNoEntry: false });
    const isWritten = stat !== undefined && stat.mtimeMs !== begun;
    return isWritten ? readMerged(files.MERGED, ended, texts, name) : nothingWritten(ended);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeFiles(folder: string, texts: MergeTexts, name: string): MergeFiles {
  const write = (which: string, text: string) => {
    const path = join(folder, `${name}_${which}.dark`);
    writeFileSync(path, text);
    return path;
  };
  const side = (which: string, text: string | null) =>
    write(which, text === null ? "" : `${text.trimEnd()}\n`);
  const files = {
    BASE: side("BASE", texts.base),
    LOCAL: side("LOCAL", texts.mine),
    REMOTE: side("REMOTE", texts.theirs),
    MERGED: write("MERGED", markedMerge(texts, { mine: "LOCAL", base: "BASE", theirs: "REMOTE" })),
  };
  // Older than anything a tool writes, however soon: so it is seen whether one did.
  utimesSync(files.MERGED, startOfTimeSeconds, startOfTimeSeconds);
  return files;
}

const startOfTimeSeconds = 1_000_000_000;

/** Runs the tool; returns null, or how it failed. */
async function runTool(command: string, files: MergeFiles): Promise<string | null> {
  // Ctrl-C is the tool's while that has the terminal.
  const leaveToTool = () => {};
  process.on("SIGINT", leaveToTool);
  try {
    const child = spawn("sh", ["-c", command], { stdio: "inherit", env: { ...process.env, ...files } });
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    if (signal !== null) return `was ended by ${signal}`;
    if (code === notFoundCode) return "was not found";
    return code === 0 ? null : `ended with code ${code}`;
  } catch (error) {
    if (error instanceof Error && "code" in error) return `could not be started (${error.message})`;
    throw error;
  } finally {
    process.off("SIGINT", leaveToTool);
  }
}

/** What a shell ends with where there is no such program. */
const notFoundCode = 127;

function nothingWritten(ended: string | null): Result<string> {
  if (ended !== null) {
    return failure(
      "merge-tool-failed",
      `the merge tool ${ended}: nothing was settled`,
      "Try again, or set $DARKLANG_MERGETOOL (or git's merge.tool) to another one.",
    );
  }
  return failure(
    "merge-unchanged",
    "the merge tool saved nothing",
    "Save the merged text in the tool before you leave it.",
  );
}

function readMerged(path: string, ended: string | null, texts: MergeTexts, name: string): Result<string> {
  const bytes = readFileSync(path);
  const decoded = decodeText(bytes);
  const kept = () => `What you merged is in ${keepText(bytes, name)}`;
  if (ended !== null) {
    return failure("merge-tool-failed", `the merge tool ${ended}: nothing was settled`, kept());
  }
  if (!decoded.ok)
    return failure(decoded.problem.code, `the merged text: ${decoded.problem.message}`, kept());
  if (hasMarkers(decoded.value, texts)) {
    return failure("merge-markers", "there are conflict markers left in the merged text", kept());
  }
  return decoded;
}

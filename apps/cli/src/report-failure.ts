import type { Problem } from "@darksync/core/result";
import { StoreError } from "@darksync/runtime/store/store";
import { paint } from "./paint.js";
import { ProblemError } from "./problem-error.js";
import { sentence } from "./wording.js";

/** Prints why a command ended early; returns its exit code. */
export function reportFailure(error: unknown, isJson: boolean): 1 | 2 {
  const { problem, exitCode } = problemOf(error);
  if (isJson) process.stdout.write(`${JSON.stringify({ error: problem })}\n`);
  process.stderr.write(
    `${paint.error("error:")} ${problem.message}\n${paint.hint("hint:")} ${problem.hint}\n`,
  );
  return exitCode;
}

/** What an error means to people, and the exit code it ends a command with. */
export function problemOf(error: unknown): { readonly problem: Problem; readonly exitCode: 1 | 2 } {
  if (error instanceof ProblemError) return error;
  if (error instanceof StoreError)
    return { problem: { code: error.code, message: error.message, hint: hintFor(error) }, exitCode: 1 };
  if (isSystemError(error)) {
    const hint = "Check the path and its permissions, and the room on the disk.";
    return { problem: { code: error.code.toLowerCase(), message: error.message, hint }, exitCode: 1 };
  }
  if (isReadOnlyDatabase(error)) return { problem: notWritable, exitCode: 1 };
  if (process.env.DARKLANG_DEBUG !== undefined) throw error;
  const message = error instanceof Error ? error.message : String(error);
  const hint =
    "`darklang doctor` tells whether the space is damaged. If it is not, this is a bug: DARKLANG_DEBUG=1 shows where.";
  return { problem: { code: "internal", message, hint }, exitCode: 1 };
}

/** The problem of a space that may be read and not written. */
export const notWritable: Problem = {
  code: "space-not-writable",
  message: "this space cannot be written",
  hint: "It can be read. To work in it, check the owner and permissions of its .darklang folder.",
};

function hintFor({ code, hint }: StoreError): string {
  switch (code) {
    case "database-corrupt":
    case "database-missing":
      return "`darklang doctor --repair` makes it anew, from what is good of it, the outbox and the relay. Nothing is deleted.";
    case "disk-full":
      return "Nothing was changed. Free some room, then the same command again; reading, `export` elsewhere, `undo` and `queue drop` go on.";
    default:
      return sentence(hint);
  }
}

function isReadOnlyDatabase(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN");
}

function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}

import { readFileSync, statSync } from "node:fs";
import { maxDefinitionBytes } from "@darksync/core/definition";
import { failure, type Result, success } from "@darksync/core/result";
import { ProblemError, unwrap } from "./problem-error.js";

/** The text that bytes hold in UTF-8, a byte order mark kept; or why they are none. */
export function decodeText(bytes: Uint8Array): Result<string> {
  const hint = "Save it as UTF-8 and try again.";
  if (bytes.includes(0)) return failure("not-text", "it is a binary file, not text", hint);
  try {
    return success(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    if (error instanceof TypeError) return failure("not-text", "it is not valid UTF-8", hint);
    throw error;
  }
}

/** The text of one definition: from a file, or from stdin if there is none. Ends the command if it is none. */
export async function readDefinitionText(file: string | undefined): Promise<string> {
  const bytes = file === undefined ? await readStdin() : readFile(file);
  return unwrap(withSource(decodeText(bytes), file ?? "stdin"));
}

function withSource(text: Result<string>, source: string): Result<string> {
  if (text.ok) return text;
  const { code, message, hint } = text.problem;
  return failure(code, `${source}: ${message}`, hint);
}

// Larger texts are refused in any case, and need not be read to the end.
const maxBytes = 2 * maxDefinitionBytes;

function readFile(file: string): Uint8Array {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new ProblemError({
      code: "no-such-file",
      message: `there is no file ${file}`,
      hint: "Check the path.",
    });
  }
  if (stat.isDirectory()) {
    throw new ProblemError({
      code: "is-a-folder",
      message: `${file} is a folder`,
      hint: "Name a file with one definition; `darklang import` takes folders.",
    });
  }
  if (stat.size > maxBytes) throw tooLarge();
  return readFileSync(file);
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
  }
  return Buffer.concat(chunks);
}

function tooLarge(): ProblemError {
  return new ProblemError({
    code: "definition-too-large",
    message: `the definition is larger than ${maxDefinitionBytes / 1024} KiB`,
    hint: "Split it. Nothing was saved.",
  });
}

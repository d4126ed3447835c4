/** An expected failure as a value: what happened and what the reader can do about it. */
export interface Problem<Code extends string = string> {
  /** Stable, for scripts. */
  readonly code: Code;
  /** One line: what is the matter. */
  readonly message: string;
  /** One line: what to do next. */
  readonly hint: string;
}

/** Either a value or a problem. */
export type Result<Value, Code extends string = string> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: Problem<Code> };

/** The success case of a result. */
export function success<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

/** The failure case of a result. */
export function failure<Code extends string>(
  code: Code,
  message: string,
  hint: string,
): { readonly ok: false; readonly problem: Problem<Code> } {
  return { ok: false, problem: { code, message, hint } };
}

const flag = process.argv.find((argument) => argument.startsWith("--scale="));

/** `--scale=0.1` makes all sizes a tenth, for a look while developing; figures of record are made at 1. */
export const scale: number = Number(flag?.slice("--scale=".length) ?? "1");

/** A size of the standard run, at the scale of this one. */
export function scaled(size: number, least = 1): number {
  return Math.max(least, Math.round(size * scale));
}

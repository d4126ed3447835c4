import type { Teammate } from "./team.js";

/** The sources that a space shows, by location; those that are in conflict have a `!` before. */
export async function sourcesOf(
  mate: Teammate,
  ...options: readonly string[]
): Promise<Readonly<Record<string, string>>> {
  const sources: Record<string, string> = {};
  for (const [location, shown] of Object.entries(await mate.view(...options))) {
    const { source, conflict } = shown as { source: string; conflict: string | null };
    sources[location] = `${conflict === null ? "" : "! "}${source.trimEnd()}`;
  }
  return sources;
}

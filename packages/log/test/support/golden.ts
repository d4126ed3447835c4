import { existsSync, readFileSync, writeFileSync } from "node:fs";

/**
 * A file of bytes that relays and replicas in the field have: made once, read for ever. `UPDATE_GOLDEN=1` makes those
 * that are missing; to change one, delete it first, and know why.
 */
export async function golden<Content>(name: string, make: () => Promise<Content>): Promise<Content> {
  const file = new URL(`../../../../test/golden/${name}.json`, import.meta.url);
  if (process.env.UPDATE_GOLDEN === "1" && !existsSync(file))
    writeFileSync(file, `${JSON.stringify(await make(), null, 2)}\n`);
  return JSON.parse(readFileSync(file, "utf8")) as Content;
}

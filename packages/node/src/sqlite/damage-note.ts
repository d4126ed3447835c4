import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

function pathOf(database: string): string {
  return `${database.replace(/\.db$/, "")}.damage`;
}

/** Notes beside a relay's database why it is not used any more: a relay that is started again must not trust it. */
export function noteDamage(database: string, reason: string): void {
  writeFileSync(pathOf(database), `${reason}\n`, { mode: 0o600 });
}

/** Why this database must not be used before it was looked at; null if nobody noted anything. */
export function notedDamage(database: string): string | null {
  const path = pathOf(database);
  return existsSync(path) ? readFileSync(path, "utf8").trim() : null;
}

/** The database was looked at or made anew. */
export function forgetDamage(database: string): void {
  rmSync(pathOf(database), { force: true });
}

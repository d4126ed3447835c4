const units = ["B", "kB", "MB", "GB", "TB"] as const;
const factors: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** An amount of bytes as people read it: `512 B`, `61.2 MB`, `2 GB`. */
export function byteText(bytes: number): string {
  let power = 0;
  let amount = bytes;
  // What would be printed as 1000 of a unit is 1 of the next.
  for (; Number(amount.toFixed(1)) >= 1000 && power + 1 < units.length; power += 1) amount /= 1000;
  return `${Number(amount.toFixed(power === 0 ? 0 : 1))} ${units[power] ?? "B"}`;
}

/** The bytes that a text like `500MB`, `1.5 GB` or `2GiB` means; null if it means none. */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const factor = factors[match?.[2]?.toLowerCase() ?? "?"];
  const bytes = factor === undefined ? Number.NaN : Math.round(Number(match?.[1]) * factor);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** A text that two values share if and only if they are equal, whatever the order of their fields. */
export function canonical(value: unknown): string {
  if (value instanceof Map) return `map[${[...value].map(canonical).sort().join()}]`;
  if (value instanceof Uint8Array) return `bytes[${value.join()}]`;
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return `${JSON.stringify(value)}`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields
    .map(([name, field]) => `${name}:${canonical(field)}`)
    .sort()
    .join()}}`;
}

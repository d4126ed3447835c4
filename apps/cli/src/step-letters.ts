/** A key as readline tells of it. */
interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
}

const steps: ReadonlyMap<string | undefined, number> = new Map([
  ["up", -1],
  ["k", -1],
  ["left", -1],
  ["h", -1],
  ["down", 1],
  ["j", 1],
  ["right", 1],
  ["l", 1],
]);

/**
 * Lets letters go to lines of a list that the prompt library shows: it knows arrows only, so a letter becomes so many
 * of them. `letters`: of each line, null where it has none; the first line has the cursor. Returns what ends it.
 */
export function listenForLetters(
  input: NodeJS.ReadableStream,
  letters: readonly (string | null)[],
): () => void {
  let cursor = 0;
  const onKey = (_text: string | undefined, { name, ctrl }: Key) => {
    const step = steps.get(name);
    if (step !== undefined) cursor = (cursor + step + letters.length) % letters.length;
    const target = name === undefined || ctrl === true ? -1 : letters.indexOf(name);
    if (target === -1) return;
    // Each comes back here as a key of its own, and moves the cursor.
    const distance = (target - cursor + letters.length) % letters.length;
    for (let press = 0; press < distance; press++) input.emit("keypress", undefined, { name: "down" });
  };
  input.on("keypress", onKey);
  return () => input.off("keypress", onKey);
}

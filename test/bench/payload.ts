import type { DefinitionText } from "@darksync/core/definition";
import type { DefinitionToSave } from "@darksync/runtime/edit/save";

/** A sequence of numbers from 0 up to 1 that a seed fixes (mulberry32, public domain, T. Ettinger). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const roots =
  "account address amount balance batch body cache charge client code color column config count currency customer date delay detail digit discount email entry error event field file filter group header history host id index input invoice item json key label length limit line list message method module month name number offset option order output owner page parse path payment percent period phone plan price product quantity query rate reason receipt record refund region request response result role row rule schedule score search section segment sender session shipment size source start state status step store stream subject subscription summary tag target tax team text time token total transfer tree type unit update url user value vendor version weight window word year zone".split(
    " ",
  );
const verbs =
  "add apply build check clean collect compare compute convert copy count create decode drop encode expand fetch filter find fold format get group handle insert join load lookup make map match merge move normalize parse print push read reduce remove render replace resolve round save scan send set show sort split store sum take test trim update validate verify walk wrap write zip".split(
    " ",
  );
const types = [
  "Int64",
  "String",
  "Bool",
  "Float",
  "List<String>",
  "Stdlib.Option.Option<Int64>",
  "Stdlib.Result.Result<String, String>",
  "Dict<Int64>",
  "DateTime",
];
const modules = ["List", "String", "Option", "Result", "Dict", "Int64", "DateTime", "Float"];

/**
 * Code-like definitions: median text about 350 bytes, 95th percentile about 2 kB (log-normal), made of Darklang
 * statements over a vocabulary of some thousand names. They compress about as well as the real tree's definitions
 * do (a thousand of those at once by brotli 5: to 0.24 of their size); `bench.ts` prints the ratio it saw.
 */
export class CodeWriter {
  readonly #random: () => number;
  #subjects: readonly string[] = [];

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  /** A whole number from 0 up to `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** A new text for a function. */
  fn(): DefinitionText {
    this.#subjects = Array.from({ length: 6 }, () => this.#newNoun());
    const bytes = Math.min(6000, Math.max(60, Math.round(350 * Math.exp(1.06 * this.#normal()))));
    const first = this.#noun();
    const second = this.#noun();
    let tail = ` (${first}: ${this.#pick(types)}) (${second}: ${this.#pick(types)}) : ${this.#pick(types)} =`;
    while (tail.length < bytes - 20) tail += `\n  ${this.#statement(first, second)}`;
    return { kind: "fn", head: "let ", tail: `${tail}\n  ${second}` };
  }

  #statement(first: string, second: string): string {
    const name = this.#noun();
    switch (this.below(6)) {
      case 0:
        return `let ${name} = ${this.#call(first)}`;
      case 1:
        return `let ${name} = if ${second} ${this.#pick([">", "<", "==", "!="])} ${this.below(100)}L then ${this.#call(first)} else ${this.#call(second)}`;
      case 2:
        return `let ${name} = $"${this.#noun()} {${first}} ${this.#pick(verbs)} ${this.#noun()}: {${second}}"`;
      case 3:
        return `// ${this.#pick(verbs)} the ${this.#noun()} of every ${this.#noun()} before ${this.#noun()}`;
      case 4:
        return `let ${name} = ${second} |> ${this.#call("")} |> ${this.#call("")}`;
      default:
        return `let ${name} = match ${this.#call(first)} with | Some ${this.#noun()} -> ${this.#call(second)} | None -> "${this.#noun()}-${this.below(100)}"`;
    }
  }

  #call(argument: string): string {
    const own = `${this.#capital(this.#pick(roots))}.${this.#pick(verbs)}${this.#capital(this.#pick(roots))}`;
    const path = this.below(2) === 0 ? `Stdlib.${this.#pick(modules)}.${this.#pick(verbs)}` : own;
    return argument === ""
      ? path
      : `${path} ${argument} ${this.below(3) === 0 ? `${this.below(100)}L` : this.#noun()}`;
  }

  #noun(): string {
    // A function speaks of a few things again and again.
    return this.below(2) === 0 ? this.#pick(this.#subjects) : this.#newNoun();
  }

  #newNoun(): string {
    return this.below(3) > 0 ? this.#pick(roots) : this.#pick(roots) + this.#capital(this.#pick(roots));
  }

  #capital(word: string): string {
    return word.charAt(0).toUpperCase() + word.slice(1);
  }

  #pick(words: readonly string[]): string {
    // Some words are much more frequent than others, as in any code.
    return words[Math.floor(this.#random() ** 1.8 * words.length)] ?? "";
  }

  // Box and Muller's transform.
  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }
}

/**
 * `count` edits in one owner's tree; of the first `places` locations each is made once, then they are edited again
 * and again in a shuffled order.
 */
export function edits(seed: number, count: number, places: number): readonly DefinitionToSave[] {
  return [...eachEdit(seed, count, places)];
}

/** The same, one by one: a million of them at once would fill the memory. */
export function* eachEdit(seed: number, count: number, places: number): Generator<DefinitionToSave> {
  const writer = new CodeWriter(seed);
  for (let index = 0; index < count; index += 1) {
    const place = index < places ? index : writer.below(places);
    yield { location: `Acme.Part${place % 97}.function${place}`, text: writer.fn() };
  }
}

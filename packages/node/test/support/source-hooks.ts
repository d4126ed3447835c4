import { existsSync } from "node:fs";
import { registerHooks } from "node:module";

// Lets a plain Node run the sources: imports name the `.js` files that a build would make of them. Use it with
// `--import` and `--conditions=@darksync/source`.
registerHooks({
  resolve: (specifier, context, nextResolve) => {
    const isRelative = specifier.startsWith("./") || specifier.startsWith("../");
    if (isRelative && specifier.endsWith(".js") && context.parentURL !== undefined) {
      const source = new URL(`${specifier.slice(0, -3)}.ts`, context.parentURL);
      if (existsSync(source)) return nextResolve(source.href, context);
    }
    return nextResolve(specifier, context);
  },
});

import { type Command, InvalidArgumentError } from "commander";
import { type Answer, inWholeSpace } from "../command.js";
import type { Space } from "../space.js";

export function addOffline(program: Command): void {
  program
    .command("offline")
    .argument("<on|off>", "on: no traffic until it is switched off", readSwitch)
    .description("switch working offline on or off")
    .addHelpText("after", "\nExamples:\n  darklang offline on\n  darklang offline off")
    .action(inWholeSpace("writes", (space, _command, isOn: boolean) => switchOffline(space, isOn)));
}

function readSwitch(text: string): boolean {
  if (text === "on" || text === "off") return text === "on";
  throw new InvalidArgumentError("Give on or off.");
}

async function switchOffline({ replica }: Space, isOn: boolean): Promise<Answer> {
  await replica.store.write(({ meta }) => meta.set("workOffline", isOn ? "yes" : null));
  return {
    json: { workOffline: isOn },
    text: isOn
      ? "No traffic until `darklang offline off`. All you do is kept and sent then."
      : "Back online.",
  };
}

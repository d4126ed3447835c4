import { failure, type Result, success } from "@darksync/core/result";

/** A relay's address as people give it: `http(s)://HOST:PORT[/SPACE]`. */
export interface RelayUrl {
  /** Without a slash at its end. */
  readonly text: string;
  /** Where our clients connect to. */
  readonly socketUrl: string;
}

/** Reads a relay's address. */
export function parseRelayUrl(text: string): Result<RelayUrl> {
  const hint = "Use what `darklang-relay` prints when it starts, like http://127.0.0.1:7420.";
  if (!URL.canParse(text)) return failure("bad-url", `${text} is no URL`, hint);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return failure("bad-url", `${text} is no http or https URL`, hint);
  }
  const path = url.pathname.replace(/\/+$/, "");
  if (!/^(\/[0-9a-f]+)?$/.test(path)) return failure("bad-url", `${path} is not the id of a space`, hint);
  const scheme = url.protocol === "http:" ? "ws" : "wss";
  return success({ text: `${url.origin}${path}`, socketUrl: `${scheme}://${url.host}/v1${path}` });
}

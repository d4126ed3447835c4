import type { ServerResponse } from "node:http";

/** Segments that are being sent take at most about this much memory together. */
const mostBytes = 256 * 1024 * 1024;

interface UnderWay {
  readonly bytes: Promise<Uint8Array | null>;
  readers: number;
  size: number;
}

/**
 * The segments that are being sent, by their paths. However many read one, and however slowly, it is in memory once:
 * thousands who ask and do not read must not fill it.
 */
export class SegmentsUnderWay {
  readonly #underWay = new Map<string, UnderWay>();
  #bytes = 0;

  /** What `load` gives, shared until `response` is closed; "too-many" if too much is under way. */
  read(
    path: string,
    response: ServerResponse,
    load: () => Promise<Uint8Array | null>,
  ): Promise<Uint8Array | null | "too-many"> {
    const known = this.#underWay.get(path);
    if (known === undefined && this.#bytes >= mostBytes) return Promise.resolve("too-many");
    const segment = known ?? this.#begin(path, load);
    segment.readers += 1;
    response.on("close", () => this.#leave(path, segment));
    return segment.bytes;
  }

  #begin(path: string, load: () => Promise<Uint8Array | null>): UnderWay {
    const bytes = load().then((loaded) => {
      if (segment.readers > 0) {
        segment.size = loaded?.length ?? 0;
        this.#bytes += segment.size;
      }
      return loaded;
    });
    const segment: UnderWay = { bytes, readers: 0, size: 0 };
    this.#underWay.set(path, segment);
    return segment;
  }

  #leave(path: string, segment: UnderWay): void {
    segment.readers -= 1;
    if (segment.readers > 0) return;
    this.#underWay.delete(path);
    this.#bytes -= segment.size;
    segment.size = 0;
  }
}

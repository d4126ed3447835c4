const firstDelayMs = 1000;
/** The longest delay: an hour. */
export const maxRetryDelayMs: number = 60 * 60 * 1000;

/**
 * How long to wait before the next try: exponential with full jitter (Brooker, "Exponential Backoff and Jitter"),
 * but never less than half the step, up to an hour (S2). `chance` is from 0 up to 1.
 */
export function retryDelayMs(retryCount: number, chance: number): number {
  const stepMs = Math.min(maxRetryDelayMs, firstDelayMs * 2 ** Math.min(retryCount, 30));
  return Math.round(stepMs / 2 + (stepMs / 2) * chance);
}

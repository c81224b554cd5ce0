/** Florin cannot start, and this one sentence says why and what to do. The doors print it without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

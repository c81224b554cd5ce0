const bodies = new WeakMap<object, Buffer>();
const nothing = Buffer.alloc(0);

/** Keeps the bytes as they came, for whoever has to compare or verify them. */
export const keepRawBody = (request: object, body: Buffer): void => void bodies.set(request, body);

/** The body's bytes; empty for a request without one. */
export const rawBodyOf = (request: object): Buffer => bodies.get(request) ?? nothing;

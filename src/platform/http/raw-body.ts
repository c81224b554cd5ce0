import { RouteConfig } from '@nestjs/platform-fastify';

const bodies = new WeakMap<object, Buffer>();
const nothing = Buffer.alloc(0);

/** Keeps the bytes as they came, for whoever has to compare or verify them. */
export const keepRawBody = (request: object, body: Buffer): void => void bodies.set(request, body);

/** The body's bytes; empty for a request without one. */
export const rawBodyOf = (request: object): Buffer => bodies.get(request) ?? nothing;

/** Largest body of a route that takes bytes as they come. */
export const rawBodyLimitBytes = 16 * 1024 * 1024;

/** A route that verifies bytes: nothing parses its body, whatever its content type says; it reads `rawBodyOf`. */
export const RawBody = (): MethodDecorator => RouteConfig({ rawBody: true }) as MethodDecorator;

export const wantsRawBody = ({ config }: { config?: object }): boolean => config !== undefined && 'rawBody' in config;

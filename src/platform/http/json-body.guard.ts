import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { rawBodyOf, wantsRawBody } from './raw-body.ts';
import { parseStrictJson } from './strict-json.ts';

/** Reads the body of a request whose caller is known and may come in: nobody else's bytes are worth the work. */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  /** @throws BillingError those of parseStrictJson */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const bytes = rawBodyOf(request);
    if (bytes.length > 0 && !wantsRawBody(request.routeOptions)) request.body = parseStrictJson(bytes);
    return true;
  }
}

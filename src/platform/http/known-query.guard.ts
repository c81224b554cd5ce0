import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { invalid } from '../../domain/errors/billing-error.ts';
import { routeInputs } from './payload.ts';

/**
 * A query parameter that a route does not read is refused by name instead of being ignored: whoever sends it would take the answer for
 * another one. Routes with `@QueryParams()` refuse what their class does not know; here are those without.
 */
@Injectable()
export class KnownQueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const inputs = routeInputs.get(`${context.getClass().name}.${context.getHandler().name}`) ?? [];
    if (inputs.some((input) => input.in === 'query')) return true;
    const { query } = context.switchToHttp().getRequest<{ query?: Record<string, unknown> }>();
    const unknown = Object.keys(query ?? {});
    if (unknown.length > 0) throw invalid(Object.fromEntries(unknown.map((name) => [name, ['unknown_field']])));
    return true;
  }
}

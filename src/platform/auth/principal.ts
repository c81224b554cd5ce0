import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

export const roles = ['OWNER', 'ADMIN', 'MEMBER'] as const;
export type Role = (typeof roles)[number];

/** Who is calling: an API key of one organization. */
export interface Principal {
  readonly organizationId: string;
  readonly keyId: string;
  readonly role: Role;
}

/** Who is calling: a person of somebody that the organization serves, let in by a short-lived token. */
export interface Session {
  readonly organizationId: string;
  /** Whose things the token opens; nobody else's. */
  readonly holderId: string;
  /** The person, as the organization's own server named them. */
  readonly subject: string;
  readonly role: Role;
  /** Where the person is sent back to from other companies' pages. */
  readonly returnUrl: string;
}

export interface AuthenticatedRequest extends FastifyRequest {
  principal?: Principal;
  session?: Session;
}

/** What a route asks for: a tenant's key (default), a session's token, the operator's key, or nothing. */
export type Door = 'tenant' | 'session' | 'operator' | 'public';
export const doorKey = Symbol('door');
export const minimumRoleKey = Symbol('minimumRole');

/** Where the API's description finds the door. */
export const doorExtension = 'x-door';

const opens = (door: Door): MethodDecorator & ClassDecorator =>
  applyDecorators(SetMetadata(doorKey, door), ApiExtension(doorExtension, door));

/** Opens the route without any key. */
export const Public = (): MethodDecorator & ClassDecorator => opens('public');

/** Opens the route with the operator's key only. */
export const OperatorOnly = (): MethodDecorator & ClassDecorator => opens('operator');

/** Opens the route with a session's token only. */
export const SessionOnly = (): MethodDecorator & ClassDecorator => opens('session');

/** Opens the route to keys and sessions with at least this role. Without it: reading for every key, writing for ADMIN and OWNER. */
export const MinimumRole = (role: Role): MethodDecorator & ClassDecorator => SetMetadata(minimumRoleKey, role);

/** The organization of the caller's key. */
export const OrganizationId = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!principal) throw new Error('@OrganizationId() on a route that no tenant key opens');
  return principal.organizationId;
});

/** The caller's key. */
export const CallerKeyId = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!principal) throw new Error('@CallerKeyId() on a route that no tenant key opens');
  return principal.keyId;
});

/** The session of the caller's token. */
export const CallerSession = createParamDecorator((_: unknown, context: ExecutionContext): Session => {
  const { session } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!session) throw new Error('@CallerSession() on a route that no session opens');
  return session;
});

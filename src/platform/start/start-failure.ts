import { BillingError } from '../../domain/errors/billing-error.ts';
import { ConfigError } from '../config/config.ts';
import { StartError } from '../embedded-postgres/start-error.ts';

/** What a door prints when it cannot go on: one sentence where we know what to do, the stack where it is a bug of ours. */
export function describeFailure(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartError || error instanceof BillingError) return error.message;
  const { code, syscall, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (syscall === 'listen') return listenFailure(code, port, address);
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function listenFailure(code: string | undefined, port: number | undefined, address: string | undefined): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${address} is already in use: set PORT to a free one or end the program that uses it.`;
    case 'EACCES':
      return `Florin may not listen on port ${port}: set PORT to one above 1023.`;
    default:
      return `Florin cannot listen on ${address}: set HOST to an address of this machine.`;
  }
}

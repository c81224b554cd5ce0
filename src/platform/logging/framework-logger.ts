import type { LoggerService } from '@nestjs/common';
import { log } from './log.ts';

/** Nest's own lines through our log; its start-up chatter only at debug. */
export class FrameworkLogger implements LoggerService {
  log(message: unknown, scope?: string): void {
    log.debug(String(message), scope ? { scope } : {});
  }
  debug(message: unknown, scope?: string): void {
    log.debug(String(message), scope ? { scope } : {});
  }
  warn(message: unknown, scope?: string): void {
    log.warn(String(message), scope ? { scope } : {});
  }
  error(message: unknown, ...rest: unknown[]): void {
    log.error(String(message), rest[0]);
  }
}

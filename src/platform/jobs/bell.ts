import { Injectable } from '@nestjs/common';

/**
 * Tells another room of this process that rows wait for it. The rows are the truth, and the schedule finds them without a ring:
 * a bell that nobody hears costs a minute, not an invoice.
 */
@Injectable()
export class Bell {
  private readonly listeners = new Map<string, (() => void)[]>();

  ring(name: string): void {
    for (const listener of this.listeners.get(name) ?? []) listener();
  }

  answer(name: string, listener: () => void): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }
}

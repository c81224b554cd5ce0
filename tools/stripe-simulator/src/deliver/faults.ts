import { letters } from '../world/ids.ts';

/** What goes wrong with a request to the simulator. */
export type RequestFault =
  | { readonly kind: 'delay'; readonly ms: number }
  /** An answer of this status instead of the work: 429, 500, 503 … */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  /** The connection is cut before the work, or after it: then the answer is lost although the work was done. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' };

/** What goes wrong with the delivery of an event. */
export type DeliveryFault =
  | { readonly kind: 'delay'; readonly ms: number }
  /** Never sent, never tried again. */
  | { readonly kind: 'drop' }
  /** Counts as failed without being sent, as when the endpoint is down: the retry schedule goes on. */
  | { readonly kind: 'fail' }
  | { readonly kind: 'duplicate'; readonly copies: number }
  /** Held back until this many later deliveries went out. */
  | { readonly kind: 'reorder'; readonly behind: number }
  /** Signed wrongly, or correctly an hour ago. */
  | { readonly kind: 'signature'; readonly how: 'wrong' | 'stale' };

interface Plan {
  /** How often; once unless told. */
  readonly times?: number;
  /** The first so many that match go unharmed. */
  readonly skip?: number;
}

export interface RequestPlan extends Plan {
  readonly on: 'request';
  readonly method?: string;
  /** Beginning of the path. */
  readonly path?: string;
  readonly fault: RequestFault;
}

export interface DeliveryPlan extends Plan {
  readonly on: 'delivery';
  /** Event type, or its beginning before `*`. */
  readonly type?: string;
  readonly endpoint?: string;
  readonly fault: DeliveryFault;
}

export type FaultPlan = RequestPlan | DeliveryPlan;
type Planned<P extends FaultPlan> = P & { readonly id: string; left: number; toSkip: number };
type PlannedRequest = Planned<RequestPlan>;
type PlannedDelivery = Planned<DeliveryPlan>;

/** Faults in the order they were planned; the first that matches happens. */
export class Faults {
  private planned: (PlannedRequest | PlannedDelivery)[] = [];

  plan(plan: FaultPlan): string {
    const id = `fault_${letters(8)}`;
    this.planned.push({ ...plan, id, left: plan.times ?? 1, toSkip: plan.skip ?? 0 } as PlannedRequest | PlannedDelivery);
    return id;
  }

  list(): readonly FaultPlan[] {
    return this.planned;
  }

  clear(): void {
    this.planned = [];
  }

  ofRequest(method: string, path: string): RequestFault | undefined {
    const plan = this.planned.find(
      (one): one is PlannedRequest =>
        one.on === 'request' && (one.method ?? method) === method && path.startsWith(one.path ?? ''),
    );
    return plan && this.happens(plan) ? plan.fault : undefined;
  }

  ofDelivery(type: string, endpoint: string): DeliveryFault | undefined {
    const plan = this.planned.find(
      (one): one is PlannedDelivery =>
        one.on === 'delivery' && (one.endpoint ?? endpoint) === endpoint && namesType(one.type ?? '*', type),
    );
    return plan && this.happens(plan) ? plan.fault : undefined;
  }

  private happens(plan: PlannedRequest | PlannedDelivery): boolean {
    if (plan.toSkip > 0) {
      plan.toSkip -= 1;
      return false;
    }
    plan.left -= 1;
    if (plan.left <= 0) this.planned = this.planned.filter(({ id }) => id !== plan.id);
    return true;
  }
}

/** `invoice.*` names all events of invoices, `*` all. */
export const namesType = (pattern: string, type: string): boolean =>
  pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;

import { log } from './log.ts';

/** Who was refused where; values must not hold secrets. */
export interface SecurityEvent {
  readonly eventType: string;
  readonly riskLevel: 'low' | 'medium' | 'high';
  readonly ipAddress: string;
  readonly userAgent: string | null;
  readonly endpoint: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** One line with a fixed prefix, so that a log collector finds it whatever else is logged. */
export function auditSecurity(event: SecurityEvent): void {
  const line = {
    timestamp: new Date().toISOString(),
    event_type: event.eventType,
    risk_level: event.riskLevel,
    user_id: null,
    ip_address: event.ipAddress,
    user_agent: event.userAgent,
    endpoint: event.endpoint,
    details: event.details,
  };
  log.warn(`SECURITY_AUDIT: ${JSON.stringify(line)}`);
}

import { createHmac } from 'node:crypto';

/** `t=…,v1=…`: one `v1` per secret, over the second and the exact bytes of the body. */
export function signatureOf(body: string, secrets: readonly string[], timestamp: number): string {
  const sign = (secret: string): string => createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return [`t=${timestamp}`, ...secrets.map((secret) => `v1=${sign(secret)}`)].join(',');
}

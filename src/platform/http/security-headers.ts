import { ServerResponse, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

/**
 * The headers that helmet puts on every answer, and that nobody on the way keeps it: what is of a tenant stays with whoever asked. They are the same for all, and helmet would work the policy out anew for each
 * request, so it is asked once.
 */
export function securityHeaders(): Readonly<Record<string, string>> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  // Without TLS of our own, upgrading would break the pages of /docs everywhere but on localhost.
  helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } })(request, response, (error) => {
    if (error) throw error as Error;
  });
  const helmets = Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]);
  return { ...Object.fromEntries(helmets), 'cache-control': 'no-store' };
}

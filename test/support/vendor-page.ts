import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Florin, Tenant } from './florin.ts';

export interface VendorPage {
  readonly url: string;
  stop(): Promise<void>;
}

/** What a vendor's own page does after the payment: asks how far it is, follows the operation's stream, and shows the end. */
const html = `<!doctype html><title>Vendor</title><h1>Your plan</h1><ol id="heard"></ol><p id="state"></p><p id="resource"></p><script>
const session = new URLSearchParams(location.search).get('session_id');
const ask = async () => (await fetch('/status?session=' + session)).json();
const show = async () => { const { status, resource_id } = await ask(); state.textContent = status; resource.textContent = resource_id ?? ''; };
const follow = async () => {
  const { status, operation_id: operation } = await ask();
  if (!operation) return setTimeout(follow, 100);
  const stream = new EventSource('/stream?operation=' + operation);
  const hear = (event) => { heard.insertAdjacentHTML('beforeend', '<li>' + event.type + '</li>'); };
  for (const type of ['connected', 'operation_started', 'operation_progress', 'operation_completed', 'operation_error'])
    stream.addEventListener(type, hear);
  stream.addEventListener('stream_end', async (event) => { stream.close(); await show(); hear(event); });
};
follow();
</script>`;

/** The vendor's server holds the keys; its page does not. */
export async function openVendorPage({ url }: Florin, tenant: Tenant, token: () => string): Promise<VendorPage> {
  const pass = async (path: string, key: string, response: ServerResponse): Promise<void> => {
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    for await (const chunk of answer.body ?? []) response.write(chunk);
    response.end();
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://vendor');
    if (pathname === '/status')
      void pass(`/api/v1/billing/checkout/${searchParams.get('session') ?? ''}/status`, token(), response);
    else if (pathname === '/stream')
      void pass(`/api/v1/operations/${searchParams.get('operation') ?? ''}/stream`, tenant.key, response);
    else response.writeHead(200, { 'content-type': 'text/html' }).end(html);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/billing`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

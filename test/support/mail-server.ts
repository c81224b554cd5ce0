import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface MailServer {
  readonly url: string;
  /** Messages taken so far, headers and text. */
  readonly taken: string[];
  stop(): Promise<void>;
}

export interface MailServerOptions {
  /** Every recipient, or those that match. */
  readonly refuses?: boolean | RegExp;
  /** What it says to them. */
  readonly reply?: string;
  /** Where it listens; a free port by default. */
  readonly port?: number;
}

/** Just enough SMTP to take mail, or to refuse recipients. */
export async function startMailServer({
  refuses = false,
  reply = '550 nobody here',
  port = 0,
}: MailServerOptions = {}): Promise<MailServer> {
  const isRefused = (command: string): boolean =>
    /^RCPT/i.test(command) && (typeof refuses === 'boolean' ? refuses : refuses.test(command));
  const taken: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let buffer = '';
    let isData = false;
    const say = (line: string) => socket.write(`${line}\r\n`);
    say('220 test');
    socket.on('data', (chunk: Buffer) => {
      buffer += chunk.toString('utf8');
      for (;;) {
        const mark = isData ? '\r\n.\r\n' : '\r\n';
        const end = buffer.indexOf(mark);
        if (end < 0) return;
        const text = buffer.slice(0, end);
        buffer = buffer.slice(end + mark.length);
        if (isData) {
          taken.push(text);
          isData = false;
          say('250 taken');
        } else if (/^DATA/i.test(text)) {
          isData = true;
          say('354 go on');
        } else if (/^QUIT/i.test(text)) {
          say('221 bye');
          socket.end();
        } else say(isRefused(text) ? reply : '250 ok');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { CONFIG, type Config } from '../config/config.ts';

export interface Mail {
  readonly to: string;
  /** Where answers go: the seller, when it has an address. */
  readonly replyTo: string | null;
  readonly subject: string;
  readonly text: string;
}

/** A server that is slow keeps nobody longer than this. */
const timeoutMs = 10_000;

/** Sends plain text over SMTP_URL; without it there is nothing to send with, which is no error. */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private readonly transport: ReturnType<typeof createTransport> | undefined;

  constructor(@Inject(CONFIG) private readonly config: Config) {
    if (config.smtpUrl === undefined) return;
    this.transport = createTransport({
      url: config.smtpUrl,
      pool: true,
      maxConnections: 2,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
    });
  }

  get isConfigured(): boolean {
    return this.transport !== undefined;
  }

  /** Returns when the server has taken the mail. @throws what the server or the network says */
  async send({ to, replyTo, subject, text }: Mail): Promise<void> {
    if (!this.transport) throw new Error('no mail server is configured');
    await this.transport.sendMail({ from: this.config.mailFrom, to, subject, text, ...(replyTo ? { replyTo } : {}) });
  }

  onApplicationShutdown(): void {
    this.transport?.close();
  }
}

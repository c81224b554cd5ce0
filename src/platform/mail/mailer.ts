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

/** Why a mail was not taken. */
export class MailError extends Error {
  /** It is the fault of this mail (no such mailbox, not wanted there); the next may well be taken. False: the server is away or refuses us. */
  readonly isOfThisMail: boolean;

  constructor(cause: Error & { command?: string; responseCode?: number }) {
    super(cause.message, { cause });
    this.name = 'MailError';
    const { command, responseCode } = cause;
    this.isOfThisMail = (command === 'RCPT TO' || command === 'DATA') && responseCode !== undefined && responseCode !== closing;
  }
}

/** The server's reply, to any command, that it ends the connection. */
const closing = 421;

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

  /** Returns when the server has taken the mail. @throws MailError with what the server or the network says */
  async send({ to, replyTo, subject, text }: Mail): Promise<void> {
    if (!this.transport) throw new Error('no mail server is configured');
    try {
      await this.transport.sendMail({ from: this.config.mailFrom, to, subject, text, ...(replyTo ? { replyTo } : {}) });
    } catch (error) {
      throw new MailError(error as Error);
    }
  }

  onApplicationShutdown(): void {
    this.transport?.close();
  }
}

import { lookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.ts';
import { isPublicAddress } from './public-address.ts';

/** Whoever does not answer by then counts as not answering. */
const timeoutMs = 10_000;
const keptCharacters = 500;
/** Of an answer's body; an endless one costs no more than this. */
const readBytes = 20_000;

export interface OutboundAnswer {
  readonly status: number;
  /** The first characters of the body, for whoever looks for the cause. */
  readonly text: string;
}

/**
 * Requests to addresses that tenants name. They reach the Internet and nothing behind our own door: only https, no redirects, and no
 * private address, whatever the name resolves to at the moment of the call. FLORIN_WEBHOOKS_ALLOW_PRIVATE lifts that for development.
 */
@Injectable()
export class Outbound {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Why this address is refused, as a field code; undefined when it can be tried. */
  refusal(address: string): 'url_is_invalid' | 'url_is_private' | undefined {
    if (!URL.canParse(address)) return 'url_is_invalid';
    const { protocol, hostname, username, password } = new URL(address);
    if (username !== '' || password !== '' || !['http:', 'https:'].includes(protocol)) return 'url_is_invalid';
    if (this.config.webhooksAllowPrivate) return undefined;
    if (protocol !== 'https:') return 'url_is_invalid';
    const host = hostname.replace(/^\[|\]$/g, '');
    return (isIP(host) !== 0 && !isPublicAddress(host)) || /(^|\.)localhost$/.test(host) ? 'url_is_private' : undefined;
  }

  /** Reads at most 20 kB of what is answered. @throws what kept it from being answered: no connection, no answer in 10 seconds, an address that is refused */
  async post(address: string, headers: Readonly<Record<string, string>>, body: string): Promise<OutboundAnswer> {
    const refusal = this.refusal(address);
    if (refusal) throw new Error(`${address}: ${refusal}`);
    const url = new URL(address);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(
        url,
        {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
          lookup: this.config.webhooksAllowPrivate ? lookup : publicLookup,
          agent: false,
          signal: AbortSignal.timeout(timeoutMs),
        },
        (response) => {
          const decoder = new StringDecoder('utf8');
          let text = '';
          let bytes = 0;
          const answer = (): void => resolve({ status: response.statusCode ?? 0, text });
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (text.length < keptCharacters) text = (text + decoder.write(chunk)).slice(0, keptCharacters);
            if (bytes < readBytes) return;
            answer();
            request.destroy();
          });
          response.on('end', answer);
          response.on('error', reject);
        },
      );
      request.on('error', (error) =>
        reject(
          error.name === 'AbortError' || error.name === 'TimeoutError' ? new Error(`no answer in ${timeoutMs / 1000} s`) : error,
        ),
      );
      request.end(body);
    });
  }
}

/** Resolves like `lookup`, but a name with any private address resolves to an error: the check and the connection see the same answer. */
const publicLookup: LookupFunction = (hostname, options, callback) =>
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const hidden = addresses.find(({ address }) => !isPublicAddress(address));
    const [first] = addresses;
    if (hidden || !first) return callback(new Error(`${hostname} is not a public address`), '', 0);
    if (options.all) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });

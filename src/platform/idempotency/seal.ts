import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;

/** As it stands in the database: one byte, 0 for clear and 1 for sealed, then the rest. */
export const clear = (bytes: Buffer): Buffer => Buffer.concat([Buffer.of(0), bytes]);

/** Only whoever sends this secret again can read it (AES-256-GCM under a key that is nowhere stored). */
export function sealed(bytes: Buffer, secret: string): Buffer {
  const salt = randomBytes(saltBytes);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret, salt), nonce);
  const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([Buffer.of(1), salt, nonce, cipher.getAuthTag(), body]);
}

/** Undefined when it was sealed with another secret. */
export function opened(stored: Buffer, secret: string): Buffer | undefined {
  if (stored[0] === 0) return stored.subarray(1);
  const [salt, nonce, tag, body] = cut(stored.subarray(1), saltBytes, nonceBytes, tagBytes);
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret, salt), nonce).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(body), decipher.final()]);
  } catch {
    return undefined;
  }
}

function cut(bytes: Buffer, a: number, b: number, c: number): [Buffer, Buffer, Buffer, Buffer] {
  return [bytes.subarray(0, a), bytes.subarray(a, a + b), bytes.subarray(a + b, a + b + c), bytes.subarray(a + b + c)];
}

const keyOf = (secret: string, salt: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, 'florin idempotency key', 32));

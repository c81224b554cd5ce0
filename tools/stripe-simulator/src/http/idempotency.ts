import { Refusal } from './errors.ts';

export interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers: Record<string, string>;
}

interface Kept {
  readonly request: string;
  /** Absent while the first request is still running. */
  answer?: Answer;
}

const dayMs = 86_400_000;

/** Answers kept for a day by their idempotency key. */
export class KeptAnswers {
  private readonly kept = new Map<string, Kept>();

  /** The answer of the same request under this key, if it was given before. */
  find(key: string, request: string): Answer | undefined {
    const kept = this.kept.get(key);
    if (!kept) return undefined;
    if (kept.request !== request)
      throw new Refusal(400, {
        type: 'idempotency_error',
        message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      });
    if (!kept.answer)
      throw new Refusal(409, {
        type: 'invalid_request_error',
        code: 'idempotency_key_in_use',
        message: `There is currently another in-progress request using this Idempotent Key: ${key}.`,
      });
    return { ...kept.answer, headers: { ...kept.answer.headers, 'idempotent-replayed': 'true' } };
  }

  begin(key: string, request: string): void {
    this.kept.set(key, { request });
  }

  keep(key: string, answer: Answer): void {
    const kept = this.kept.get(key);
    if (!kept) return;
    kept.answer = answer;
    setTimeout(() => this.kept.delete(key), dayMs).unref();
  }

  /** The request was refused before anything happened: the key is free again. */
  release(key: string): void {
    this.kept.delete(key);
  }
}

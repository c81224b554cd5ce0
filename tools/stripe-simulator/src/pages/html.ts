const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escape = (text: unknown): string =>
  String(text ?? '').replaceAll(/[&<>"']/g, (letter) => entities[letter] ?? letter);

export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title>
<style>body{font:16px system-ui;max-width:32rem;margin:3rem auto;padding:0 1rem}label{display:block;margin:.8rem 0}input{width:100%;padding:.5rem;font:inherit;box-sizing:border-box}button{padding:.6rem 1rem;font:inherit}[role=alert]{color:#b00020}.sim{color:#666;font-size:.8rem}table{width:100%}</style>
</head><body><p class="sim">Simulated Stripe: no money moves here.</p><h1>${escape(title)}</h1>${body}</body></html>`;

/** Where Stripe's amounts have other decimals than the currency has. */
const digitsAtStripe: Record<string, number> = { isk: 2, ugx: 2, mga: 0 };

/** Stripe's amounts as people read them. */
export function money(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(amount / 10 ** (digitsAtStripe[currency] ?? format.resolvedOptions().maximumFractionDigits ?? 2));
}

export const field = (id: string, label: string, value = '', rest = ''): string =>
  `<label for="${id}">${label}<input id="${id}" name="${id}" value="${escape(value)}" ${rest}></label>`;

/** The fields of a card, named as on Stripe's own page. */
export const cardFields = (): string =>
  field('cardNumber', 'Card number', '', 'inputmode="numeric" placeholder="4242 4242 4242 4242" required') +
  field('cardExpiry', 'MM / YY', '12 / 34', 'required') +
  field('cardCvc', 'CVC', '123', 'required');

export const alert = (message: string | undefined): string => (message ? `<p role="alert">${escape(message)}</p>` : '');

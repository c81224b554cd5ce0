/** The largest expression that is read: beyond it is an attack or a mistake. */
export const longestExpression = 1_000;

export type Token =
  | { readonly kind: 'number' | 'text' | 'name' | 'sign'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number };

const pattern = /\s*(?:(\d+(?:\.\d+)?)|'([^']*)'|"([^"]*)"|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)|([-+*/(),]))/y;

/** The words of an expression; the position of the first character that is none. */
export function tokensOf(text: string): readonly Token[] | { readonly badAt: number } {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  pattern.lastIndex = 0;
  while (pattern.lastIndex < end) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) return { badAt: start + text.slice(start).search(/\S/) };
    const [, number, single, double, name, sign] = match;
    const at = pattern.lastIndex;
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, at });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, at });
    else tokens.push({ kind: 'text', text: single ?? double ?? '', at });
  }
  return [...tokens, { kind: 'end', text: '', at: end }];
}

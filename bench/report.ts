/** One line of the answer. Ratios are pairs measured beside each other, one a repetition. */
export interface Row {
  readonly goal: string;
  readonly what: string;
  readonly ratios: readonly number[];
  readonly floor: number;
  readonly target: number;
  /** Absolute rates, for orientation only. */
  readonly rates: string;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

export const ratiosOf = (above: readonly number[], below: readonly number[]): number[] =>
  above.map((rate, repetition) => rate / (below[repetition] ?? NaN));

/** `21.2k`, `932`. */
export const short = (rate: number): string => (rate >= 10_000 ? `${(rate / 1_000).toFixed(1)}k` : rate.toFixed(0));

export const versus = (unit: string, above: readonly number[], below: readonly number[]): string =>
  `${short(median(above))} : ${short(median(below))} ${unit}`;

export function table(rows: readonly Row[]): string {
  const head = ['goal', 'what', 'runs', 'median (min-max)', 'floor / goal', '', 'rates (median)'];
  const cells = rows.map(({ goal, what, ratios, floor, target, rates }) => {
    const middle = median(ratios);
    return [
      goal,
      what,
      String(ratios.length),
      `${middle.toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`,
      `${floor.toFixed(2)} / ${target.toFixed(2)}`,
      middle >= target ? 'goal' : middle >= floor ? 'floor' : 'BELOW',
      rates,
    ];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((line) => line[column]?.length ?? 0)));
  const print = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [print(head), print(widths.map((width) => '-'.repeat(width))), ...cells.map(print)].join('\n');
}

export const progress = (line: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

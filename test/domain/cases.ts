import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A numeric case as data: `given` and `when` in the words of its area, `expect` with the figures that must come out. */
export interface NumericCase<Given = unknown, Expected = unknown, When = unknown> {
  readonly id: string;
  readonly area: string;
  readonly given: Given;
  readonly when: When;
  readonly expect: Expected;
}

const read = (file: string): readonly NumericCase[] =>
  JSON.parse(readFileSync(join(__dirname, 'cases', file), 'utf8')) as NumericCase[];

const billingCases = read('billing.json');

const find = (cases: readonly NumericCase[], id: string): NumericCase => {
  const found = cases.find((one) => one.id === id);
  if (!found) throw new Error(`there is no case ${id}`);
  return found;
};

/** Each test says what it reads of a case. */
export const billingCase = <Given, Expected, When = string>(id: string): NumericCase<Given, Expected, When> =>
  find(billingCases, id) as NumericCase<Given, Expected, When>;

/** Ids of an area, for `it.each`. */
export const billingIds = (area: RegExp): string[] => billingCases.filter((one) => area.test(one.area)).map(({ id }) => id);

const invoicingCases = read('invoicing.json');

export const invoicingCase = <Given, Expected, When = unknown>(id: string): NumericCase<Given, Expected, When> =>
  find(invoicingCases, id) as NumericCase<Given, Expected, When>;

export const invoicingIds = (area: RegExp): string[] => invoicingCases.filter((one) => area.test(one.area)).map(({ id }) => id);

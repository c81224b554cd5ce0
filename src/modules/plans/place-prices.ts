/** A charge or fixed charge that the plan has and that is not deleted. Its source is what it prices: a metric or an add-on. */
export interface KnownPrice {
  readonly id: string;
  readonly code: string;
  readonly sourceId: string;
}

/** One that a request lists. */
export interface ListedPrice {
  readonly id?: string;
  readonly code?: string | null;
  readonly source?: { readonly id: string; readonly code: string };
}

export type Place =
  | { readonly kind: 'change'; readonly id: string; readonly code: string }
  | { readonly kind: 'add'; readonly code: string }
  | { readonly kind: 'refused'; readonly field: 'id' | 'code' | 'source'; readonly reason: string };

/** In place of the id of one that this request adds. */
const added = '';

const refuse = (field: 'id' | 'code' | 'source', reason: string): Place => ({ kind: 'refused', field, reason });

/**
 * Which price of the plan each listed one is: by id, else by code, else the one of its source under its default code
 * (`calls`, `calls_2`, …), so that sending the same list twice changes nothing. What is none of them is added. With `onlyAdd`
 * nothing listed may be one the plan has.
 */
export function placePrices(known: readonly KnownPrice[], listed: readonly ListedPrice[], onlyAdd = false): Place[] {
  const taken = new Set<string>();
  const codes = new Map(known.map((price) => [price.code, price]));
  const places = new Map<ListedPrice, Place>();

  const change = (item: ListedPrice, price: KnownPrice): Place => {
    const code = item.code ?? price.code;
    if (taken.has(price.id)) return refuse(item.id === undefined ? 'code' : 'id', 'value_already_exist');
    if (codes.has(code) && codes.get(code)?.id !== price.id) return refuse('code', 'value_already_exist');
    if (item.source && item.source.id !== price.sourceId) return refuse('source', 'value_is_invalid');
    taken.add(price.id);
    codes.set(code, price);
    return { kind: 'change', id: price.id, code };
  };
  const add = (source: { readonly id: string }, code: string): Place => {
    codes.set(code, { id: added, code, sourceId: source.id });
    return { kind: 'add', code };
  };
  const placeNamed = (item: ListedPrice): Place => {
    if (item.id !== undefined) {
      const price = known.find(({ id }) => id === item.id);
      if (!price || onlyAdd) return refuse('id', 'value_is_invalid');
      return change(item, price);
    }
    const code = item.code ?? '';
    const price = codes.get(code);
    if (price) return price.id === added || onlyAdd ? refuse('code', 'value_already_exist') : change(item, price);
    return item.source ? add(item.source, code) : refuse('source', 'value_is_mandatory');
  };
  const placeUnnamed = (item: ListedPrice): Place => {
    const { source } = item;
    if (!source) return refuse('source', 'value_is_mandatory');
    for (let n = 1; ; n++) {
      const code = n === 1 ? source.code : `${source.code}_${n}`;
      const price = codes.get(code);
      if (!price) return add(source, code);
      const isFree = price.id !== added && price.sourceId === source.id && !taken.has(price.id);
      if (isFree && !onlyAdd) return change(item, price);
    }
  };

  const isNamed = (item: ListedPrice): boolean => item.id !== undefined || (item.code ?? undefined) !== undefined;
  for (const item of listed.filter(isNamed)) places.set(item, placeNamed(item));
  for (const item of listed.filter((item) => !isNamed(item))) places.set(item, placeUnnamed(item));
  return listed.map((item) => places.get(item) ?? refuse('id', 'value_is_invalid'));
}

/** The refusals among the places, as fields of the request. */
export function refusedFields(places: readonly Place[], nameOf: (index: number, field: 'id' | 'code' | 'source') => string) {
  return places.flatMap((place, i) => (place.kind === 'refused' ? [[nameOf(i, place.field), [place.reason]] as const] : []));
}

import { resourceMissing } from '../http/errors.ts';

/** All objects of one kind, in order of creation. */
export class Table<T extends { id: string }> {
  private readonly rows = new Map<string, T>();

  constructor(readonly noun: string) {}

  add(row: T): T {
    this.rows.set(row.id, row);
    return row;
  }

  remove(id: string): void {
    this.rows.delete(id);
  }

  find(id: string | null | undefined): T | undefined {
    return id ? this.rows.get(id) : undefined;
  }

  /** @throws Refusal `resource_missing`, naming the parameter that held the id. */
  get(id: string, param = 'id'): T {
    const row = this.rows.get(id);
    if (!row) throw resourceMissing(this.noun, id, param);
    return row;
  }

  /** The newest first, as lists print them. */
  newest(where: (row: T) => boolean = () => true): T[] {
    return this.oldest(where).toReversed();
  }

  oldest(where: (row: T) => boolean = () => true): T[] {
    return [...this.rows.values()].filter(where);
  }

  first(where: (row: T) => boolean): T | undefined {
    for (const row of this.rows.values()) if (where(row)) return row;
    return undefined;
  }
}

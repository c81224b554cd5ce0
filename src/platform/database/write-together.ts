import { databaseError } from './unit-of-work.ts';

export interface SharedWrite<Item, Written> {
  /** One statement for all of them; answers in their order. Its commit is what the callers wait for. */
  readonly write: (items: readonly Item[]) => Promise<Written[]>;
  /** What one item counts of `maxTogether`: 1 by default. */
  readonly weightOf?: (item: Item) => number;
  readonly maxTogether: number;
  /** Statements at a time. Enough to keep PostgreSQL busy while requests are read and answered; with more they only wait for each other. */
  readonly maxWriting: number;
}

interface Waiting<Item, Written> {
  readonly item: Item;
  readonly resolve: (written: Written) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Items of many callers written together: those that arrive in the same turn or while others are being written share the next
 * statement. A full one leaves at once, so the database works while the rest of the turn is read; a lone item waits for nobody. Each
 * caller is answered after the commit of its own statement, and its item is kept whole or not at all: a statement that the database
 * refuses is tried again in halves, down to the item at fault.
 */
export class WriteTogether<Item, Written> {
  private readonly waiting: Waiting<Item, Written>[] = [];
  /** Of all that waits. */
  private weight = 0;
  private writing = 0;
  private scheduled = false;

  constructor(private readonly shared: SharedWrite<Item, Written>) {}

  keep(item: Item): Promise<Written> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.weight += this.weightOf(item);
      if (this.weight >= this.shared.maxTogether) this.writeNext();
      else this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || !this.mayWrite) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.writeNext();
    });
  }

  private writeNext(): void {
    if (this.mayWrite) void this.write(this.next());
  }

  private get mayWrite(): boolean {
    return this.waiting.length > 0 && this.writing < this.shared.maxWriting;
  }

  /** As many as fit together, at least one. */
  private next(): Waiting<Item, Written>[] {
    let weight = 0;
    const end = this.waiting.findIndex(({ item }, position) => {
      weight += this.weightOf(item);
      return position > 0 && weight > this.shared.maxTogether;
    });
    const together = this.waiting.splice(0, end === -1 ? this.waiting.length : end);
    for (const { item } of together) this.weight -= this.weightOf(item);
    return together;
  }

  private weightOf(item: Item): number {
    return this.shared.weightOf?.(item) ?? 1;
  }

  private async write(together: readonly Waiting<Item, Written>[]): Promise<void> {
    this.writing++;
    this.schedule();
    try {
      await this.settle(together);
    } finally {
      this.writing--;
      this.schedule();
    }
  }

  private async settle(together: readonly Waiting<Item, Written>[]): Promise<void> {
    try {
      const written = await this.shared.write(together.map(({ item }) => item));
      if (written.length !== together.length) throw new Error('a shared write answered for more or fewer than it was given');
      for (const [position, { resolve }] of together.entries()) resolve(written[position] as Written);
    } catch (error) {
      if (together.length > 1 && isOwnFault(error)) {
        const middle = Math.ceil(together.length / 2);
        await this.settle(together.slice(0, middle));
        await this.settle(together.slice(middle));
      } else for (const { reject } of together) reject(error);
    }
  }
}

/** The database refused a row, not the work: the others are tried without it. */
const isOwnFault = (error: unknown): boolean => /^(22|23|54)/.test(databaseError(error).code ?? '');

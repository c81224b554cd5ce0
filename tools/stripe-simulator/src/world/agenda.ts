/** Something that becomes due: which duty, on which object, when (Unix seconds). */
export interface Entry {
  readonly duty: string;
  readonly id: string;
  readonly at: number;
  /** The test clock by which it is due; null is the account's own time. */
  readonly clock: string | null;
}

/** What is due when. An object has at most one entry per duty: setting it again moves it. */
export class Agenda {
  private readonly entries = new Map<string, Entry>();
  private readonly duties = new Map<string, (id: string) => void>();
  /** Told whenever the account's own time may have to wake earlier. */
  onChange: () => void = () => undefined;

  duty(name: string, perform: (id: string) => void): void {
    this.duties.set(name, perform);
  }

  set(duty: string, id: string, at: number | null, clock: string | null): void {
    const key = `${duty} ${id}`;
    // Deleting first puts a moved entry behind those of the same second.
    this.entries.delete(key);
    if (at !== null) this.entries.set(key, { duty, id, at, clock });
    if (clock === null) this.onChange();
  }

  /** The earliest entry of a clock that is due at this time; those of one second in the order they were set. */
  due(clock: string | null, until: number): Entry | undefined {
    let earliest: Entry | undefined;
    for (const entry of this.entries.values())
      if (entry.clock === clock && entry.at <= until && (!earliest || entry.at < earliest.at)) earliest = entry;
    return earliest;
  }

  perform(entry: Entry): void {
    this.entries.delete(`${entry.duty} ${entry.id}`);
    const perform = this.duties.get(entry.duty);
    if (!perform) throw new Error(`nobody performs the duty ${entry.duty}`);
    perform(entry.id);
  }

  of(duty: string): Entry[] {
    return [...this.entries.values()].filter((entry) => entry.duty === duty);
  }

  forgetClock(clock: string): void {
    for (const [key, entry] of this.entries) if (entry.clock === clock) this.entries.delete(key);
  }
}

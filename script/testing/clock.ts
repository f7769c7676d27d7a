// The time that a run of tests may take in all. Without a budget nothing is ever cut.

export class Budget {
  readonly #end: number;

  constructor(minutes: number | undefined) {
    this.#end = minutes === undefined ? Infinity : performance.now() + minutes * 60_000;
  }

  /** Milliseconds that are left, never negative. */
  get leftMs(): number {
    return Math.max(0, this.#end - performance.now());
  }

  /** `limitMs`, or what is left when that is less. */
  within(limitMs: number): number {
    return Math.min(limitMs, this.leftMs);
  }

  /** Whether a command that was stopped at its limit was stopped for lack of time in all. */
  get isOver(): boolean {
    return this.leftMs === 0;
  }
}

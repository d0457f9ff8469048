interface Timer {
  readonly dueAt: number;
  readonly fire: () => void;
}

/** No timer of Node may be longer. */
const longestMs = 2 ** 31 - 1;

/** Goes as every clock does, and leaps where nothing else is awaited. */
export class LeapingClock {
  private leapt = 0;
  private readonly timers = new Set<Timer>();
  private alarm: NodeJS.Timeout | undefined;

  /** In milliseconds. */
  now(): number {
    return Date.now() + this.leapt;
  }

  /** Calls `fire` after that time; answers what takes that back. */
  after(ms: number, fire: () => void): () => void {
    const timer = { dueAt: this.now() + Math.max(1, ms), fire };
    this.timers.add(timer);
    this.arm();
    return () => this.timers.delete(timer);
  }

  /** To the time of the first timer; false if there is none. */
  leap(): boolean {
    const first = this.first();
    if (first === undefined) return false;
    this.leapt += Math.max(0, first.dueAt - this.now());
    this.ring();
    return true;
  }

  /** As if it were new. */
  reset(): void {
    this.leapt = 0;
    this.timers.clear();
    clearTimeout(this.alarm);
  }

  private first(): Timer | undefined {
    return [...this.timers].sort((one, other) => one.dueAt - other.dueAt)[0];
  }

  private ring(): void {
    for (let timer = this.first(); timer !== undefined && timer.dueAt <= this.now(); timer = this.first()) {
      this.timers.delete(timer);
      timer.fire();
    }
    this.arm();
  }

  private arm(): void {
    clearTimeout(this.alarm);
    const first = this.first();
    if (first === undefined) return;
    this.alarm = setTimeout(() => this.ring(), Math.min(longestMs, Math.max(0, first.dueAt - this.now()))).unref();
  }
}

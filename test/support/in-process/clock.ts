interface Timer {
  readonly dueAt: number;
  readonly fire: () => void;
}

/** The longest timer that Node allows. */
const longestMs = 2 ** 31 - 1;

/** A clock that runs as usual, and leaps to the next timer when asked. */
export class LeapingClock {
  private leapt = 0;
  private readonly timers = new Set<Timer>();
  private alarm: NodeJS.Timeout | undefined;

  /** Time in milliseconds. */
  now(): number {
    return Date.now() + this.leapt;
  }

  /** Calls `fire` after that time; returns a function that cancels the timer. */
  after(ms: number, fire: () => void): () => void {
    const timer = { dueAt: this.now() + Math.max(1, ms), fire };
    this.timers.add(timer);
    this.arm();
    return () => this.timers.delete(timer);
  }

  /** Leaps to the time of the first timer; false if there is no timer. */
  leap(): boolean {
    const first = this.first();
    if (first === undefined) return false;
    this.leapt += Math.max(0, first.dueAt - this.now());
    this.ring();
    return true;
  }

  /** Makes the clock as new. */
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

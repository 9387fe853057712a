// Loaded before the program: a machine whose clock is three minutes ahead. Timers and durations are right, as on such a machine.
const aheadMs = 180_000;
const RightDate = globalThis.Date;

class SkewedDate extends RightDate {
  constructor(...parts: readonly unknown[]) {
    if (parts.length === 0) super(RightDate.now() + aheadMs);
    else super(...(parts as [number]));
  }

  static override now(): number {
    return RightDate.now() + aheadMs;
  }
}

// Libraries look at the name.
Object.defineProperty(SkewedDate, 'name', { value: 'Date' });
globalThis.Date = SkewedDate as DateConstructor;

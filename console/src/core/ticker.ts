/** One timer for all that changes with time on a page, however much that is. */

interface Timer {
  readonly callbacks: Set<() => void>;
  readonly id: ReturnType<typeof setInterval>;
}

const timers = new Map<number, Timer>();

/** Call back every so many milliseconds, together with all others of that interval. Returns how to end it. */
export function tick(every: number, callback: () => void): () => void {
  const timer = timers.get(every) ?? started(every);
  timer.callbacks.add(callback);
  return () => {
    timer.callbacks.delete(callback);
    if (timer.callbacks.size > 0) return;
    clearInterval(timer.id);
    if (timers.get(every) === timer) timers.delete(every);
  };
}

function started(every: number): Timer {
  const callbacks = new Set<() => void>();
  const id = setInterval(() => callbacks.forEach((each) => each()), every);
  const timer = { callbacks, id };
  timers.set(every, timer);
  return timer;
}

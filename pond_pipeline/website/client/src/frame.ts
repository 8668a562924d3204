// When things are drawn: what is seen in the next frame, all at once; the rest one by one whenever
// the browser has time.

type Task = () => void;

const soon = new Set<Task>();
const later = new Set<Task>();

const idle: (task: Task) => void =
  typeof requestIdleCallback === "function"
    ? (task) => void requestIdleCallback(task, { timeout: 500 })
    : (task) => void setTimeout(task, 50);

/** One chart that cannot be drawn keeps no other one from it. */
function attempt(task: Task): void {
  try {
    task();
  } catch (error) {
    // To the console, as if nobody had caught it.
    setTimeout(() => {
      throw error;
    });
  }
}

export function nextFrame(task: Task): void {
  later.delete(task);
  if (soon.size === 0) {
    requestAnimationFrame(() => {
      const tasks = [...soon];
      soon.clear();
      tasks.forEach(attempt);
    });
  }
  soon.add(task);
}

function one(): void {
  const [task] = later;
  if (!task) return;
  later.delete(task);
  attempt(task);
  if (later.size > 0) idle(one);
}

export function whenIdle(task: Task): void {
  if (soon.has(task)) return;
  if (later.size === 0) idle(one);
  later.add(task);
}

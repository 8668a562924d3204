// The keys of a chart that has the focus.

export interface Commands {
  /** Parts of the width that is shown; negative is earlier. */
  pan: (part: number) => void;
  zoom: (factor: number) => void;
  all: () => void;
  out: () => void;
  /** Buckets to go on by; negative is earlier. */
  step: (buckets: number) => void;
}

export const KEYS_HELP =
  "Left and right arrow: earlier and later. Plus and minus: zoom. Home: all. Escape: back out. " +
  "Shift with an arrow: from bucket to bucket.";

/** What a key does, or null for those that are not the chart's. */
export function commandOf(key: string, shift: boolean): ((commands: Commands) => void) | null {
  switch (key) {
    case "ArrowLeft":
      return shift ? ({ step }) => step(-1) : ({ pan }) => pan(-0.25);
    case "ArrowRight":
      return shift ? ({ step }) => step(1) : ({ pan }) => pan(0.25);
    case "+":
    case "=":
      return ({ zoom }) => zoom(0.5);
    case "-":
    case "_":
      return ({ zoom }) => zoom(2);
    case "Home":
      return ({ all }) => all();
    case "Escape":
      return ({ out }) => out();
    default:
      return null;
  }
}

export function wireKeys(plot: HTMLElement, commands: Commands): void {
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target !== plot) return;
    const command = commandOf(event.key, event.shiftKey);
    if (!command) return;
    event.preventDefault();
    command(commands);
  });
}

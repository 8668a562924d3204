// Fingers on a plot: one reads values, two zoom and move. Up and down scrolls the page as ever.

export interface TouchEvents {
  pointed: (left: number) => void;
  /** Positions of two fingers before and now, in pixels from the plot's left edge. */
  pinched: (before: [number, number], now: [number, number]) => void;
}

export function wireTouch(over: HTMLElement, events: TouchEvents): void {
  const fingers = new Map<number, number>();
  over.style.touchAction = "pan-y";
  const leftOf = (event: PointerEvent): number => event.clientX - over.getBoundingClientRect().left;
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") fingers.set(event.pointerId, leftOf(event));
  });
  over.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = [...fingers.values()];
    fingers.set(event.pointerId, leftOf(event));
    const [one, two] = [...fingers.values()];
    if (one !== undefined && two !== undefined) {
      events.pinched([before[0]!, before[1]!], [one, two]);
    } else if (one !== undefined) {
      events.pointed(one);
    }
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    over.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }
}

// Ages and states that were true when the page was made are kept true while it is open.

import { age, isLate } from "./age.ts";
import { element } from "./element.ts";

const REFRESH_MS = 60_000;

const instantOf = (text: string | null): number => Date.parse(text ?? "") / 1000;

function times(now: number): void {
  for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-age]")) {
    const told = instantOf(time.getAttribute("datetime"));
    if (Number.isNaN(told)) continue;
    const shown = time.querySelector(".age") ?? time.appendChild(element("span", { class: "age" }));
    shown.textContent = ` (${age(now - told)})`;
    const late = Number(time.getAttribute("data-late") ?? Number.NaN);
    time.classList.toggle("late", isLate(told, late, now));
  }
}

function states(now: number): void {
  for (const status of document.querySelectorAll<HTMLElement>(".status[data-newest]")) {
    const late = Number(status.getAttribute("data-late") ?? Number.NaN);
    const newest = instantOf(status.getAttribute("data-newest"));
    if (Number.isNaN(newest)) continue;
    const isBehind = isLate(newest, late, now);
    status.textContent = isBehind ? "late" : "current";
    status.classList.toggle("late", isBehind);
    status.classList.toggle("current", !isBehind);
  }
}

export function wireAges(): void {
  const refresh = (): void => {
    const now = Date.now() / 1000;
    times(now);
    states(now);
  };
  refresh();
  setInterval(refresh, REFRESH_MS);
}

// Ages and states that were true when the page was made are kept true while it is open.

import { age, isAhead, isLate, lasting } from "./age.ts";
import { element } from "./element.ts";

const REFRESH_MS = 60_000;

const instantOf = (text: string | null): number => Date.parse(text ?? "") / 1000;

function times(now: number): void {
  for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-age]")) {
    const told = instantOf(time.getAttribute("datetime"));
    if (Number.isNaN(told)) continue;
    let shown = time.querySelector(".age");
    if (!shown) {
      shown = element("span", { class: "age" });
      time.append(" ", shown);
    }
    const late = isLate(told, Number(time.getAttribute("data-late") ?? Number.NaN), now);
    shown.textContent = `(${age(now - told)}${late ? ", late" : ""})`;
    time.classList.toggle("late", late || isAhead(told, now));
  }
}

/** States in words, and the marks of sites on the map. */
function states(now: number): void {
  for (const shown of document.querySelectorAll("[data-newest]")) {
    const late = Number(shown.getAttribute("data-late") ?? Number.NaN);
    const newest = instantOf(shown.getAttribute("data-newest"));
    if (Number.isNaN(newest)) continue;
    const isWrong = isAhead(newest, now);
    const isBehind = isLate(newest, late, now);
    shown.classList.toggle("late", isBehind || isWrong);
    shown.classList.toggle("current", !isBehind && !isWrong);
    if (!shown.classList.contains("status")) continue;
    if (isWrong) shown.textContent = `wrong time: newest reading ${age(now - newest)}`;
    else if (isBehind) shown.textContent = `late: no reading for ${lasting(now - newest)}`;
    else shown.textContent = "current";
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

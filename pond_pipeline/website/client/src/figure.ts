// The parts of a chart in the page: what stands in the figure, and how it says what is wrong.

import { button, element } from "./element.ts";
import { KEYS_HELP } from "./keys.ts";

let count = 0;

export interface FigureEvents {
  saved: () => void;
  again: () => void;
}

export class Figure {
  readonly root: HTMLElement;
  readonly caption: HTMLElement;
  readonly resolution = element("span", { class: "resolution" });
  readonly plot: HTMLElement;
  readonly table: HTMLDetailsElement;
  readonly tableBody = element("div", { class: "table" });
  readonly #message = element("p", { class: "message", hidden: true });
  readonly #problem = element("p", { class: "problem", role: "status" });
  readonly #reason = element("span");
  readonly #again: HTMLButtonElement;

  constructor(root: HTMLElement, title: string, events: FigureEvents) {
    count += 1;
    this.#again = button("Try again", events.again);
    this.root = root;
    this.caption =
      root.querySelector("figcaption") ?? root.appendChild(element("figcaption", {}, title));
    this.caption.id ||= `chart-${count}`;
    this.caption.append(" ", this.resolution);
    root.setAttribute("aria-labelledby", this.caption.id);
    // It describes the plot, and is no text of the page.
    const help = element("span", { hidden: true, id: `${this.caption.id}-keys` }, KEYS_HELP);
    this.plot = element("div", {
      class: "plot",
      tabindex: "0",
      role: "application",
      "aria-roledescription": "chart",
      "aria-label": title,
      "aria-describedby": help.id,
    });
    this.table = element("details", {}, element("summary", {}, "Table"), this.tableBody);
    const csv = button("CSV of this view", events.saved, { class: "csv" });
    root.append(help, this.#problem, element("div", { class: "stage" }, this.plot, this.#message));
    root.append(element("div", { class: "tools" }, this.table, csv));
  }

  set busy(is: boolean) {
    this.root.setAttribute("aria-busy", String(is));
  }

  /** What the line is, and what the marks mean that are there. */
  explain(
    facts: readonly string[],
    marks: { suspect: boolean; fail: boolean; sample: boolean },
  ): void {
    const shown = facts.map((each) => element("span", {}, each));
    if (marks.suspect) shown.push(element("span", { class: "suspect" }, "△ suspect"));
    if (marks.fail) shown.push(element("span", { class: "fail" }, "✕ fail"));
    if (marks.sample) shown.push(element("span", {}, "◆ grab sample"));
    this.resolution.replaceChildren(...shown.flatMap((each) => [each, " "]));
  }

  /** Something to say in place of lines, or nothing. */
  say(text: string): void {
    this.#message.hidden = text === "";
    this.#message.textContent = text;
  }

  /** What did not come, with a way to ask again; a button that is there keeps the focus. */
  complain(text: string | null): void {
    this.#reason.textContent = text ?? "";
    if (text === null) this.#problem.replaceChildren();
    else if (!this.#again.isConnected) this.#problem.append(this.#reason, " ", this.#again);
  }
}

// Field notes as marks on the time axis: buttons, so that a keyboard and a finger reach them.

import type { Clock } from "./clock.ts";
import type { Note } from "./dataset.ts";
import { button, element } from "./element.ts";

/** Marks closer than a finger is wide, in CSS pixels, become one. */
const FINGER = 24;

/** More notes of one mark nobody reads at once; the table has them all. */
const MOST_TOLD = 12;

export interface Group {
  left: number;
  notes: Note[];
}

/** Notes with their positions, those too close to the first of a group in it. */
export function grouped(notes: readonly Note[], leftOf: (t: number) => number): Group[] {
  const groups: Group[] = [];
  for (const note of notes) {
    const left = leftOf(note.t);
    const group = groups.at(-1);
    if (group && left - group.left < FINGER) group.notes.push(note);
    else groups.push({ left, notes: [note] });
  }
  return groups;
}

export function sentence(note: Note, clock: Clock, samplesOf: (note: Note) => string[]): string {
  const parts = [note.text, ...samplesOf(note)].filter((each) => each !== "");
  return `${clock.stamp(note.t)} ${clock.name(note.t)}: ${parts.join("; ")}`;
}

export class NoteMarks {
  readonly place = element("div", { class: "notes" });
  readonly #tip = element("div", { class: "tip", hidden: true });
  #shown = "";

  show(groups: readonly Group[], tell: (note: Note) => string, width: number): void {
    // Buttons are kept as long as they can be: one of them may have the focus.
    const key = JSON.stringify([width, groups]);
    if (key === this.#shown) return;
    this.#shown = key;
    this.#tip.hidden = true;
    const marks = groups.map(({ left, notes }) => this.#mark(left, notes.map(tell), width));
    this.place.replaceChildren(...marks, this.#tip);
  }

  #mark(left: number, texts: string[], width: number): HTMLButtonElement {
    const label = texts.length > 1 ? String(texts.length) : "";
    const kind = label === "" ? "Note" : `${label} notes`;
    const more = texts.length > MOST_TOLD ? [`and ${texts.length - MOST_TOLD} more`] : [];
    const told = [...texts.slice(0, MOST_TOLD), ...more];
    const open = (): void => {
      this.#tip.replaceChildren(...told.map((each) => element("p", {}, each)));
      this.#tip.hidden = false;
      const room = this.#tip.offsetWidth / 2;
      const middle = Math.max(Math.min(left, width - room), Math.min(room, width / 2));
      this.#tip.style.left = `${middle}px`;
    };
    const close = (): void => {
      this.#tip.hidden = true;
    };
    const mark = button(label, open, {
      class: "note",
      "aria-label": `${kind}: ${told.join(". ")}`,
    });
    mark.style.left = `${left}px`;
    mark.addEventListener("mouseenter", open);
    mark.addEventListener("mouseleave", close);
    mark.addEventListener("focus", open);
    mark.addEventListener("blur", close);
    mark.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.#tip.hidden) return;
      close();
      event.stopPropagation();
    });
    // A drag that begins on a mark shall not zoom.
    mark.addEventListener("mousedown", (event) => event.stopPropagation());
    return mark;
  }
}

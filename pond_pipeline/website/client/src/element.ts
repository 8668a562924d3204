// Elements, made without any HTML: texts come from data, and stay texts.

type Attributes = Record<string, string | boolean | null>;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export function button(
  label: string,
  pressed: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", pressed);
  return made;
}

let said: HTMLElement | null = null;

/** Before anything is said: what comes with its place is not read out. */
export function wireAnnouncements(): void {
  said = element("div", { class: "unseen", role: "status", "aria-live": "polite" });
  document.body.append(said);
}

/** Tell it to who listens to the page instead of looking at it. */
export function announce(text: string): void {
  if (said) said.textContent = text;
}

// Light, dark, or as the system has it. What was chosen is remembered where that is allowed.

import { element } from "./element.ts";
import { forgetPalette } from "./palette.ts";

type Theme = "system" | "light" | "dark";

const THEMES: readonly Theme[] = ["system", "light", "dark"];
const SIGNS: Record<Theme, string> = { system: "◐", light: "○", dark: "●" };
const LABELS: Record<Theme, string> = { system: "Auto", light: "Light", dark: "Dark" };
const KEY = "duckpond-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners: (() => void)[] = [];

function remembered(): Theme {
  try {
    const found = localStorage.getItem(KEY);
    return THEMES.find((each) => each === found) ?? "system";
  } catch {
    return "system";
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Pages opened as files may not remember anything in some browsers.
  }
}

let theme = remembered();

function show(shown: Theme): void {
  const root = document.documentElement;
  if (shown === "system") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", shown);
  forgetPalette();
  for (const listener of listeners) listener();
}

/** Before the page is painted for the first time, if the script stands in its head. */
export function applyTheme(): void {
  show(theme);
}

/** Tell when colors are to be read again. */
export function onTheme(listener: () => void): void {
  listeners.push(listener);
}

export function wireTheme(): void {
  for (const each of document.querySelectorAll<HTMLButtonElement>("[data-theme-switch]")) {
    const label = (): void => {
      each.replaceChildren(
        element("span", { "aria-hidden": "true" }, SIGNS[theme]),
        element("span", { class: "unseen" }, "Theme:"),
        element("span", { class: "name" }, ` ${LABELS[theme]}`),
      );
    };
    each.hidden = false;
    each.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
      remember(theme);
      show(theme);
      label();
    });
    label();
  }
  dark.addEventListener("change", () => show(theme));
  // Paper is white, whatever the screen is.
  window.addEventListener("beforeprint", () => show("light"));
  window.addEventListener("afterprint", () => show(theme));
}

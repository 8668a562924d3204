// On narrow screens the sidebar lies below the page; with a script a button opens it on top.

import { button } from "./element.ts";

export function wireMenu(): void {
  const bar = document.querySelector("header.bar");
  const sidebar = document.querySelector<HTMLElement>("nav.sidebar");
  if (!bar || !sidebar) return;
  sidebar.id ||= "menu";
  const root = document.documentElement;
  const open = (is: boolean): void => {
    root.classList.toggle("menu-open", is);
    made.setAttribute("aria-expanded", String(is));
  };
  const made = button("Menu", () => open(!root.classList.contains("menu-open")), {
    class: "menu",
    "aria-controls": sidebar.id,
    "aria-expanded": "false",
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.classList.contains("menu-open")) return;
    open(false);
    made.focus();
  });
  bar.prepend(made);
}

// The colors of the charts are those of the stylesheet, so that a theme sets both at once.

export interface Palette {
  ink: string;
  muted: string;
  rule: string;
  ground: string;
  suspect: string;
  fail: string;
  lines: string[];
}

/** As many lines as can be told apart; a chart shows no more at first. */
export const MOST_LINES = 8;

/** Lines with colors alike for color-blind people differ in their dashes. */
const DASHES: readonly (readonly number[])[] = [
  [],
  [],
  [],
  [],
  [7, 3],
  [2, 3],
  [10, 3, 2, 3],
  [4, 4],
];

export const dashOf = (line: number): number[] => [...(DASHES[line % MOST_LINES] ?? [])];

let read: Palette | null = null;

export function palette(): Palette {
  if (!read) {
    const style = getComputedStyle(document.documentElement);
    const color = (name: string): string => style.getPropertyValue(`--${name}`).trim() || "#777";
    read = {
      ink: color("ink"),
      muted: color("muted"),
      rule: color("rule"),
      ground: color("ground"),
      suspect: color("suspect"),
      fail: color("fail"),
      lines: Array.from({ length: MOST_LINES }, (_, i) => color(`line-${i + 1}`)),
    };
  }
  return read;
}

export const colorOf = (line: number): string => palette().lines[line % MOST_LINES] ?? "#777";

/** To be called when the theme is another one. */
export function forgetPalette(): void {
  read = null;
}

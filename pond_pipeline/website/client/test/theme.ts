import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const CSS = readFileSync(new URL("../style/theme.css", import.meta.url), "utf8");

/** The custom properties that are colors: of light, of dark, of dark by the switch. */
const themes = CSS.split(":root")
  .slice(1)
  .map((rule) => {
    const found = rule.matchAll(/--([\w-]+): #([0-9a-f]{6})/g);
    return new Map([...found].map(([, name, hex]) => [name!, hex!]));
  });

/** Relative luminance as WCAG has it. */
function luminance(hex: string): number {
  const [red, green, blue] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}

const TEXTS = ["ink", "muted", "accent", "current", "late", "suspect", "fail"];

for (const [which, name] of ["light", "dark"].entries()) {
  const theme = themes[which]!;
  const lines = [...theme.keys()].filter((each) => each.startsWith("line-"));

  test(`texts of the ${name} theme have 4.5:1 on both of its grounds`, () => {
    for (const ground of ["ground", "raised"]) {
      for (const text of TEXTS)
        assert.ok(contrast(theme.get(text)!, theme.get(ground)!) >= 4.5, text);
    }
  });

  test(`lines and edges of the ${name} theme have 3:1 on its ground`, () => {
    assert.equal(lines.length, 8);
    for (const each of [...lines, "edge"]) {
      assert.ok(contrast(theme.get(each)!, theme.get("ground")!) >= 3, each);
    }
  });
}

test("dark by the switch is dark as by the system", () => {
  assert.deepEqual(themes[2], themes[1]);
});

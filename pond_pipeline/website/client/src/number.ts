// Numbers as they are shown: as many decimals as the values shown together differ in.

/** Decimals by which two values of a chart that spans `span` can be told apart. */
export function decimalsFor(span: number): number {
  if (!(span > 0) || !Number.isFinite(span)) return 2;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(span))));
}

/** Decimals that multiples of a step have: none of 20, one of 2.5. */
export function decimalsOf(step: number): number {
  let decimals = 0;
  while (decimals < 6 && Math.abs(Number(step.toFixed(decimals)) - step) > step * 1e-6)
    decimals += 1;
  return decimals;
}

/** `48,211.3`: thousands are told apart. */
function grouped(text: string): string {
  const [whole = "", ...decimals] = text.split(".");
  return [whole.replace(/\d(?=(?:\d{3})+$)/g, "$&,"), ...decimals].join(".");
}

/**
 * With a real minus sign and thousands told apart. What decimals would hide has three digits; what is
 * too large or too small for that, powers of ten, as in the tables of pages.
 */
export function format(value: number, decimals: number): string {
  const size = Math.abs(value);
  const isHidden = size > 0 && size < 10 ** -decimals / 2;
  const odd = size >= 1e9 || (isHidden && size < 1e-4);
  const plain = isHidden ? value.toPrecision(3) : grouped(value.toFixed(decimals));
  const text = odd ? value.toExponential(2) : plain;
  return text.replaceAll("-", "\u2212");
}

/** `11.9 °C`, and `7.9` for what has no unit. */
export function withUnit(text: string, unit: string): string {
  return unit === "" ? text : `${text}\u00a0${unit}`;
}

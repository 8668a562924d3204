// What the pages of the website load: charts, range, theme, ages.

import { wireAges } from "./ages.ts";
import { Chart, type ChartSpec, type Page } from "./chart.ts";
import { Clock } from "./clock.ts";
import { Cursor } from "./cursor.ts";
import { Datasets } from "./datasets.ts";
import { wireAnnouncements } from "./element.ts";
import { wireLinks } from "./links.ts";
import { wireMenu } from "./menu.ts";
import { PageRange } from "./page-range.ts";
import { wirePaper } from "./paper.ts";
import { parseSpan, DAY } from "./range.ts";
import { RangePicker } from "./range-picker.ts";
import { receive } from "./script.ts";
import { Store } from "./store.ts";
import { applyTheme, onTheme, wireTheme } from "./theme.ts";
import { view } from "./view.ts";

const DEFAULT_SPAN = 30 * DAY;

const charts: Chart[] = [];

Object.defineProperty(receive, "charts", { get: () => charts.map(view) });
Object.assign(window, { duckpond: receive });

function specOf(figure: HTMLElement): ChartSpec | null {
  try {
    const told = JSON.parse(figure.dataset["chart"] ?? "") as Partial<ChartSpec>;
    const { title = "", unit = "", lines = [], notes = [] } = told;
    return { title, unit, lines, notes };
  } catch {
    return null;
  }
}

function observe(
  byFigure: ReadonlyMap<Element, Chart>,
  rootMargin: string,
  changed: (chart: Chart, isThere: boolean) => void,
): void {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const chart = byFigure.get(target);
        if (chart) changed(chart, isIntersecting);
      }
    },
    { rootMargin },
  );
  for (const figure of byFigure.keys()) observer.observe(figure);
}

async function wireCharts(): Promise<void> {
  const found: [HTMLElement, ChartSpec][] = [];
  for (const figure of document.querySelectorAll<HTMLElement>("figure[data-chart]")) {
    const spec = specOf(figure);
    if (spec) found.push([figure, spec]);
  }
  if (found.length === 0) return;
  const { root = "", version = "" } = document.documentElement.dataset;
  const store = new Store(root, version);
  const datasets = new Datasets(store);
  for (const [figure] of found) figure.setAttribute("aria-busy", "true");
  await datasets.load(
    found.flatMap(([, { lines, notes }]) => [...lines.map((each) => each.dataset), ...notes]),
  );
  const meta = document.querySelector<HTMLMetaElement>('meta[name="duckpond-range"]');
  const range = new PageRange(datasets, parseSpan(meta?.content ?? "", DEFAULT_SPAN));
  const page: Page = { store, datasets, range, cursor: new Cursor() };
  const byFigure = new Map<Element, Chart>();
  for (const [figure, spec] of found) {
    const chart = new Chart(figure, spec, page);
    charts.push(chart);
    byFigure.set(figure, chart);
  }
  const clock = (): Clock => {
    const zones = new Set(charts.map((each) => each.zone));
    return Clock.of(zones.size === 1 ? [...zones][0]! : null);
  };
  const place = document.querySelector("[data-ranges]");
  if (place) new RangePicker(place, range, clock);
  wireLinks(range);
  observe(byFigure, "0px", (chart, is) => {
    chart.inView = is;
  });
  // A screen ahead: who scrolls finds what is below drawn already.
  observe(byFigure, "100% 0px", (chart, is) => {
    chart.near = is;
  });
  onTheme(() => charts.forEach((each) => each.redraw()));
  wirePaper(charts);
}

applyTheme();

function wire(): void {
  wireAnnouncements();
  wireTheme();
  wireMenu();
  wireAges();
  void wireCharts();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", wire);
else wire();

// Written by `pond export --observable`: reads Parquet files of the pond and draws them.
// A file of these pages is {file, start_time, end_time, read}: its path, its range in seconds since 1970
// (the end is not in it; null where it is a table's), and what reads its bytes.
// A field is what the pond knows of a column: {column, instrument, name, unit, agg}.
import * as Plot from "@observablehq/plot";
import {decompress} from "fzstd";
import {html} from "htl";
import {parquetReadObjects} from "hyparquet";

const compressors = {ZSTD: (bytes, length) => decompress(bytes, new Uint8Array(length))};

// Of a parameter that has several aggregates, the line is the first of these that there is.
const lineAggregates = ["avg", "sum", "last", "first", "min", "max"];

const newestRows = 10;
const digits = 7;
const tableRows = 200;

// A distance between two readings of more than so many usual ones is a gap.
const usualSteps = 3;

/** Returns the rows of files, in order: objects by column, `timestamp` a Date. */
export async function readRows(files) {
  const parts = await Promise.all(
    files.map(async (file) => parquetReadObjects({file: await file.read(), compressors}))
  );
  return parts.flat();
}

/** Returns the charts of a series: one for each parameter and unit, a line for each instrument. */
export function chartsOf(fields) {
  const charts = new Map();
  for (const field of fields) {
    const key = JSON.stringify([field.name, field.unit]);
    if (!charts.has(key)) {
      const title = field.unit ? `${field.name} (${field.unit})` : field.name;
      charts.set(key, {title, fields: []});
    }
    charts.get(key).fields.push(field);
  }
  return Array.from(charts.values(), (chart) => ({title: chart.title, lines: linesOf(chart.fields)}));
}

function linesOf(fields) {
  const instruments = new Map(fields.map((field) => [field.instrument, []]));
  for (const field of fields) instruments.get(field.instrument).push(field);
  const found = [];
  for (const [instrument, own] of instruments) {
    // Without an aggregate, each column is a line of its own.
    const plain = own.filter((field) => field.agg === "");
    for (const {column} of plain) found.push({label: plain.length > 1 ? column : instrument, value: column});
    const column = (agg) => own.find((field) => field.agg === agg)?.column;
    const agg = lineAggregates.find((each) => column(each) !== undefined);
    if (agg === undefined) continue;
    const band = agg === "avg" ? {low: column("min"), high: column("max")} : {};
    found.push({label: instrument, value: column(agg), ...band});
  }
  return found;
}

/** Returns a chart of rows as a figure; null where there is no number to draw. */
export function drawChart(rows, {title, lines: all}) {
  const isDrawn = ({value}) => rows.some((row) => typeof row[value] === "number");
  const drawn = all.filter(isDrawn);
  if (drawn.length === 0) return null;
  const labels = drawn.map((line) => line.label || title);
  const marks = drawn.flatMap(({value, low, high}, i) => {
    const points = withGaps(rows.filter((row) => row[value] != null));
    const line = Plot.lineY(points, {x: "timestamp", y: value, stroke: () => labels[i], strokeLinecap: "round"});
    if (low === undefined || high === undefined) return [line];
    const band = {x: "timestamp", y1: low, y2: high, fill: () => labels[i], fillOpacity: 0.2};
    return [Plot.areaY(points, band), line];
  });
  const tips = drawn.map(({value}, i) =>
    Plot.tip(rows, Plot.pointerX({x: "timestamp", y: value, stroke: () => labels[i]}))
  );
  const plot = Plot.plot({
    width: 928,
    height: 280,
    ariaLabel: title,
    x: {type: "utc", label: null},
    y: {label: null, grid: true, nice: true},
    color: {type: "categorical", domain: [...new Set(labels)], legend: drawn.length > 1},
    marks: [...marks, ...tips]
  });
  return html`<figure class="duckpond-chart"><h2 style="white-space: pre-wrap;">${title}</h2>${plot}</figure>`;
}

/** Returns rows with one without values in each gap, where a line ends. */
function withGaps(rows) {
  if (rows.length < 3) return rows;
  const steps = rows.slice(1).map((row, i) => row.timestamp - rows[i].timestamp);
  const usual = steps.slice().sort((a, b) => a - b)[Math.floor(steps.length / 2)];
  return rows.flatMap((row, i) => {
    if (i === 0 || steps[i - 1] <= usualSteps * usual) return [row];
    return [{timestamp: new Date((+row.timestamp + +rows[i - 1].timestamp) / 2)}, row];
  });
}

/** Returns rows as a table. */
export function drawTable(rows, columns) {
  return html`<div style="overflow-x: auto;"><table class="duckpond-rows">
    <thead><tr>${columns.map((column) => html`<th style="white-space: pre;">${column}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${columns.map((column) => html`<td style="white-space: pre;">${shown(row[column])}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

function shown(value) {
  if (value == null) return "";
  if (typeof value === "number") return String(Number(value.toPrecision(digits)));
  if (value instanceof Date) return value.toISOString().replace(/\.000Z$/, "Z");
  if (typeof value === "object") return JSON.stringify(value, (_, each) => (typeof each === "bigint" ? String(each) : each));
  return String(value);
}

/** Returns a series: a choice of its files, the charts of what was chosen, and its newest rows. */
export function seriesView(files, fields) {
  const root = html`<div class="duckpond-series"></div>`;
  if (files.length === 0) {
    root.append(html`<p>There are no readings.</p>`);
    return root;
  }
  const body = html`<div></div>`;
  if (files.length > 1) {
    const name = ({file}) => file.replace(/^.*\//, "").replace(/\.parquet$/, "");
    const newest = files.length - 1;
    const options = files.map((file, i) => html`<option value=${i} selected=${i === newest}>${name(file)}</option>`);
    const select = html`<select>${options.reverse()}<option value="all">all</option></select>`;
    const chosen = () => (select.value === "all" ? files : [files[Number(select.value)]]);
    select.onchange = () => show(body, chosen(), fields);
    root.append(html`<p><label>Time: ${select}</label></p>`);
  }
  root.append(body);
  show(body, files.slice(-1), fields);
  return root;
}

async function show(body, files, fields) {
  body.wanted = files;
  body.setAttribute("aria-busy", "true");
  const content = await contentOf(files, fields).catch((error) => [html`<p role="alert">${String(error)}</p>`]);
  // Somebody may have chosen something else meanwhile.
  if (body.wanted !== files) return;
  body.replaceChildren(...content);
  body.setAttribute("aria-busy", "false");
}

async function contentOf(files, fields) {
  const rows = await readRows(files);
  const columns = fields.map((field) => field.column);
  if (files[0].start_time === null) {
    const count = html`<p>${rows.length} rows${rows.length > tableRows ? `, the first ${tableRows} of them` : ""}.</p>`;
    // A field stands for each column but one called `timestamp`: a table may have such a one as well.
    const all = rows.length > 0 ? Object.keys(rows[0]) : columns;
    return [count, drawTable(rows.slice(0, tableRows), all)];
  }
  const charts = chartsOf(fields).map((chart) => drawChart(rows, chart)).filter((chart) => chart !== null);
  const newest = rows.slice(-newestRows).reverse();
  return [...charts, html`<h2>Newest rows</h2>`, drawTable(newest, ["timestamp", ...columns])];
}

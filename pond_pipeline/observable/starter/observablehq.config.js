// Written by `pond export --observable`. Change what you like: a file that you changed stays as it is.
import {mkdirSync} from "node:fs";
import {fileURLToPath} from "node:url";

// A build tells nobody that it ran.
process.env.OBSERVABLE_TELEMETRY_DISABLE ||= "1";

// Framework's own script names libraries that pages may use without an import. For each, a build asks the
// npm registry which version is the newest, whether or not a page uses it. It does not ask for what its
// cache has a folder of. With these a build needs no network. A page that uses one (`d3`, `npm:lodash`)
// has it fetched in this version.
const versions = [
  "@observablehq/plot@0.6.17",
  "@observablehq/sample-datasets@1.0.1",
  "apache-arrow@21.1.0",
  "arquero@8.0.3",
  "d3@7.9.0",
  "d3-dsv@3.0.1",
  "echarts@6.0.0",
  "htl@0.3.1",
  "leaflet@1.9.4",
  "lodash@4.17.21",
  "mapbox-gl@3.15.0",
  "parquet-wasm@0.7.1",
  "react@19.2.0",
  "react-dom@19.2.0",
  "topojson-client@3.1.0",
];
const cache = new URL("src/.observablehq/cache/_npm/", import.meta.url);
for (const version of versions) mkdirSync(fileURLToPath(new URL(version, cache)), {recursive: true});

export default {
  root: "src",
  title: "Time series",
  // Within the page: browsers ask for an icon, and a server that has none answers with an error.
  head: `<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M0 8q4-7 8 0t8 0v8H0z" fill="#258"/></svg>'
  )}">`,
  // Fonts of the system: those of the theme would come from outside.
  globalStylesheets: [],
  // Links that any web server understands.
  preserveExtension: true,
  footer: "",
  toc: false
};

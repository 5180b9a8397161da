// Line charts with two logarithmic axes, as one SVG that reads well on light and dark pages.

/** @typedef {{ label: string, color: string, points: readonly (readonly [number, number])[] }} Series */
/** @typedef {{ title: string, x: string, y: string, series: readonly Series[] }} Chart */

const size = { width: 460, height: 300, left: 64, right: 16, top: 36, bottom: 46 };

/** @param {readonly Chart[]} charts two in a row @param {string} caption */
export function plot(charts, caption) {
  const rows = Math.ceil(charts.length / 2);
  const [width, height] = [size.width * 2, size.height * rows + 56];
  const legend = [...new Map(charts.flatMap(({ series }) => series).map((one) => [one.label, one])).values()];
  const keys = legend.map(
    ({ label, color }, index) =>
      `<g transform="translate(${24 + index * 230},20)"><line x2="22" stroke="${color}" stroke-width="2.5"/><text x="30" y="4">${asXml(label)}</text></g>`,
  );
  const panels = charts.map(
    (chart, index) =>
      `<g transform="translate(${(index % 2) * size.width},${40 + Math.floor(index / 2) * size.height})">${panel(chart)}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11">
<title>${asXml(caption)}</title>
<style>
  svg { background: #fff } text { fill: #333 } .axis { stroke: #555 } .grid { stroke: #e4e4e4 } .title { font-size: 13px; font-weight: 600 }
  @media (prefers-color-scheme: dark) { svg { background: #0d1117 } text { fill: #ccc } .axis { stroke: #999 } .grid { stroke: #2a2f36 } }
</style>
${keys.join("\n")}
${panels.join("\n")}
<text x="24" y="${height - 6}">${asXml(caption)}</text>
</svg>
`;
}

/** @param {Chart} chart */
function panel({ title, x, y, series }) {
  const points = series.flatMap((one) => one.points);
  const across = logScale(
    points.map(([value]) => value),
    size.left,
    size.width - size.right,
  );
  const up = logScale(
    points.map(([, value]) => value),
    size.height - size.bottom,
    size.top,
  );
  const bottom = size.height - size.bottom;
  const vertical = across.ticks.map((tick) => {
    const at = across.at(tick).toFixed(1);
    return `<line class="grid" x1="${at}" x2="${at}" y1="${size.top}" y2="${bottom}"/><text x="${at}" y="${bottom + 16}" text-anchor="middle">${label(tick)}</text>`;
  });
  const horizontal = up.ticks.map((tick) => {
    const at = up.at(tick).toFixed(1);
    return `<line class="grid" x1="${size.left}" x2="${size.width - size.right}" y1="${at}" y2="${at}"/><text x="${size.left - 8}" y="${Number(at) + 4}" text-anchor="end">${label(tick)}</text>`;
  });
  const lines = series.map(({ color, points: own }) => {
    const path = own.map(([a, b]) => `${across.at(a).toFixed(1)},${up.at(b).toFixed(1)}`);
    const dots = path.map((point) => {
      const [cx, cy] = point.split(",");
      return `<circle cx="${cx}" cy="${cy}" r="2.6" fill="${color}"/>`;
    });
    return `<polyline points="${path.join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join("")}`;
  });
  return `<text class="title" x="${size.left}" y="20">${asXml(title)}</text>
${vertical.join("")}${horizontal.join("")}
<line class="axis" x1="${size.left}" x2="${size.width - size.right}" y1="${bottom}" y2="${bottom}"/>
<line class="axis" x1="${size.left}" x2="${size.left}" y1="${size.top}" y2="${bottom}"/>
<text x="${(size.left + size.width - size.right) / 2}" y="${bottom + 34}" text-anchor="middle">${asXml(x)}</text>
<text transform="translate(14,${(size.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${asXml(y)}</text>
${lines.join("\n")}`;
}

/**
 * Powers of ten around the values, which are mapped to pixels from `from` to `to`.
 * @param {readonly number[]} values @param {number} from @param {number} to
 */
function logScale(values, from, to) {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive))));
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const at = (/** @type {number} */ value) =>
    from + ((Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) * (to - from);
  return { ticks, at };
}

/** @param {number} tick */
const label = (tick) => (tick >= 1 ? tick.toLocaleString("en") : String(Number(tick.toPrecision(1))));

/** @param {string} text */
const asXml = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Draws how a figure grows: a line for each series over a logarithmic axis, as an SVG that reads on light and on dark. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: ReadonlyMap<string, readonly Point[]>;
}

const size = { width: 640, height: 360, left: 64, right: 168, top: 40, bottom: 48 };
const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };
/** Okabe and Ito's, which people see who do not see all colours. */
const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#999900'];

export const drawPlot = ({ title, xLabel, yLabel, series }: Plot): string => {
  const points = [...series.values()].flat();
  const [least, most] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const top = niceAbove(Math.max(...points.map(({ y }) => y)));
  const span = Math.log(most / least) || 1;
  const xOf = (x: number): string => (size.left + (Math.log(x / least) / span) * inner.width).toFixed(1);
  const yOf = (y: number): string => (size.top + inner.height * (1 - y / top)).toFixed(1);
  const right = size.left + inner.width;
  const bottom = size.top + inner.height;
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) => `<path class="grid" d="M${size.left} ${yOf(top * share)}H${right}"/>
<text x="${size.left - 8}" y="${yOf(top * share)}" dy="4" text-anchor="end">${short(top * share)}</text>`,
  );
  const ticks = [...new Set(points.map(({ x }) => x))].map(
    (x) => `<text x="${xOf(x)}" y="${bottom + 18}" text-anchor="middle">${short(x)}</text>`,
  );
  const lines = [...series].map(([name, own], i) => {
    const color = colors[i % colors.length]!;
    const sorted = own.toSorted((a, b) => a.x - b.x);
    const path = sorted.map(({ x, y }) => `${xOf(x)} ${yOf(y)}`).join('L');
    const dots = sorted.map(({ x, y }) => `<circle cx="${xOf(x)}" cy="${yOf(y)}" r="3" fill="${color}"/>`).join('');
    const labelY = size.top + 8 + i * 18;
    return `<path d="M${path}" fill="none" stroke="${color}" stroke-width="2"/>${dots}
<circle cx="${right + 16}" cy="${labelY}" r="4" fill="${color}"/><text x="${right + 26}" y="${labelY}" dy="4">${inXml(name)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="${inXml(title)}">
<style>text{font:12px system-ui,sans-serif;fill:#777}.title{font-size:14px;font-weight:600}.grid{stroke:#8884}</style>
<text class="title" x="${size.left}" y="20">${inXml(title)}</text>
${grid.join('\n')}
${ticks.join('\n')}
<text x="${size.left + inner.width / 2}" y="${size.height - 10}" text-anchor="middle">${inXml(xLabel)}</text>
<text x="14" y="${size.top + inner.height / 2}" text-anchor="middle" transform="rotate(-90 14 ${size.top + inner.height / 2})">${inXml(yLabel)}</text>
${lines.join('\n')}
</svg>
`;
};

/**
 * Where a curve bends most: the point farthest from the straight line between its ends, both axes taken as they are drawn.
 * Undefined for fewer than three points, and where nothing lies farther than a tenth of the height from that line.
 */
export const kneeOf = (points: readonly Point[]): Point | undefined => {
  if (points.length < 3) return undefined;
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  const height = Math.max(...sorted.map(({ y }) => y)) - Math.min(...sorted.map(({ y }) => y));
  const distanceOf = ({ x, y }: Point): number => {
    const along = Math.log(x / first.x) / Math.log(last.x / first.x);
    return Math.abs(y - (first.y + along * (last.y - first.y))) / (height || 1);
  };
  const knee = sorted.reduce((farthest, point) => (distanceOf(point) > distanceOf(farthest) ? point : farthest));
  return distanceOf(knee) > 0.1 ? knee : undefined;
};

const niceAbove = (value: number): number => {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
};

const short = (value: number): string =>
  value >= 1e6
    ? `${Number((value / 1e6).toPrecision(3))}M`
    : value >= 1e4
      ? `${Number((value / 1e3).toPrecision(3))}k`
      : String(Number(value.toPrecision(3)));

const inXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

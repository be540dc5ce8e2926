// @ts-check
// The names of the lines, at the heights where the lines end, moved apart where they would cover each other.

/** @typedef {{ text: string, ink: import("./picture.mjs").Ink, panel: import("./further.mjs").Panel, y: number, light?: boolean }} Name
 *   text: one or two lines, with \n between; light: not bold */

const LINE = 15, LEAD = 13;  // room for a name of one line, and from line to line within a name, px

/** @param {import("./picture.mjs").Pen} pen @param {number} x @param {Name[]} names
 * @param {Record<string, number[]>} places  by panel: the highest and the lowest place for a name */
export function nameLines(pen, x, names, places) {
  for (const [panel, [top, bottom]] of Object.entries(places)) {
    const own = names.filter((name) => name.panel === panel).sort((a, b) => a.y - b.y), ys = apart(own.map(({ y }) => y), own.map(room), top, bottom);
    own.forEach(({ text, ink, light }, i) => {
      const lines = text.split("\n");
      lines.forEach((line, k) => pen.text(x, ys[i] + (k - (lines.length - 1) / 2) * LEAD, line, ink, "left", !light));
    });
  }
}

/** @param {Name} name */
const room = ({ text }) => LINE + (text.split("\n").length - 1) * LEAD;

/** The heights nearest to the wanted ones (least squares) at which nothing overlaps: neighbours too close are pooled
 * and share their mean. @param {number[]} wanted  rising @param {number[]} heights @param {number} top @param {number} bottom */
export function apart(wanted, heights, top, bottom) {
  let offset = 0;
  const offsets = heights.map((height, i) => (offset += i ? (heights[i - 1] + height) / 2 : 0));
  /** @type {{ mean: number, count: number }[]} */
  const pools = [];
  wanted.forEach((y, i) => {
    let pool = { mean: y - offsets[i], count: 1 };
    while (pools.length && pools[pools.length - 1].mean > pool.mean) {
      const { mean, count } = /** @type {{ mean: number, count: number }} */ (pools.pop());
      pool = { mean: (mean * count + pool.mean * pool.count) / (count + pool.count), count: count + pool.count };
    }
    pools.push(pool);
  });
  const flat = pools.flatMap(({ mean, count }) => Array.from({ length: count }, () => mean));
  return flat.map((z, i) => Math.max(top, Math.min(z, bottom - offset)) + offsets[i]);
}

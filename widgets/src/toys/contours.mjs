// @ts-check
// Level lines and level sets of a field on a grid (marching squares), in grid coordinates.

/** @typedef {{ values: Float64Array, nx: number, ny: number }} Field  values[j * nx + i] at column i, row j */

/** @param {number} nx @param {number} ny @param {(i: number, j: number) => number} f  @returns {Field} */
export function fieldOf(nx, ny, f) {
  const values = new Float64Array(nx * ny);
  for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++) values[j * nx + i] = f(i, j);
  return { values, nx, ny };
}

/** Where between a and b the level is crossed. @param {number} a @param {number} b @param {number} level */
const share = (a, b, level) => (a === b ? 0.5 : (level - a) / (b - a));

/** The corners of a cell in order around it: left low, right low, right high, left high. */
const CORNERS = [[0, 0], [1, 0], [1, 1], [0, 1]];

/** Lines at a level, joined from cell to cell, each i, j, i, j, … @param {Field} field @param {number} level  @returns {number[][]} */
export function lines({ values, nx, ny }, level) {
  /** @type {Map<number, { at: [number, number], to: number[] }>} by grid edge: the point on it and the edges it leads to */
  const points = new Map();
  const touch = (/** @type {number} */ i, /** @type {number} */ j, /** @type {number} */ side) => {
    const [a, b] = [CORNERS[side], CORNERS[(side + 1) % 4]], [i0, j0, i1, j1] = [i + a[0], j + a[1], i + b[0], j + b[1]];
    const [li, lj, hi, hj] = i0 + j0 < i1 + j1 ? [i0, j0, i1, j1] : [i1, j1, i0, j0];   // the same end first from both cells
    const id = 2 * (lj * nx + li) + (li === hi ? 1 : 0);
    if (!points.has(id)) {
      const s = share(values[lj * nx + li], values[hj * nx + hi], level);
      points.set(id, { at: [li + s * (hi - li), lj + s * (hj - lj)], to: [] });
    }
    return id;
  };
  for (let j = 0; j + 1 < ny; j++) for (let i = 0; i + 1 < nx; i++) {
    const above = CORNERS.map(([di, dj]) => values[(j + dj) * nx + i + di] > level), crossed = [0, 1, 2, 3].filter((s) => above[s] !== above[(s + 1) % 4]);
    if (crossed.length === 0) continue;
    const middle = crossed.length === 4 && CORNERS.reduce((sum, [di, dj]) => sum + values[(j + dj) * nx + i + di] / 4, 0) > level;
    const order = crossed.length === 4 && middle === above[0] ? [crossed[0], crossed[1], crossed[2], crossed[3]] : crossed.length === 4 ? [crossed[3], crossed[0], crossed[1], crossed[2]] : crossed;
    for (let k = 0; k < order.length; k += 2) {
      const p = touch(i, j, order[k]), q = touch(i, j, order[k + 1]);
      points.get(p)?.to.push(q);
      points.get(q)?.to.push(p);
    }
  }
  return chains(points);
}

/** @param {Map<number, { at: [number, number], to: number[] }>} points */
function chains(points) {
  /** @type {number[][]} */
  const all = [], seen = new Set();
  const follow = (/** @type {number} */ start) => {
    const chain = [];
    for (let id = /** @type {number | undefined} */ (start); id !== undefined; id = points.get(id)?.to.find((next) => !seen.has(next))) {
      seen.add(id);
      chain.push(.../** @type {{ at: [number, number] }} */ (points.get(id)).at);
    }
    return chain;
  };
  for (const [id, { to }] of points) if (to.length === 1 && !seen.has(id)) all.push(follow(id));
  for (const id of points.keys()) if (!seen.has(id)) { const ring = follow(id); all.push([...ring, ring[0], ring[1]]); }
  return all.filter((chain) => chain.length > 2);
}

/** The set where the field is above a level, as polygons; whole cells in a row are one. @param {Field} field @param {number} level  @returns {number[][]} */
export function above({ values, nx, ny }, level) {
  /** @type {number[][]} */
  const polygons = [];
  for (let j = 0; j + 1 < ny; j++) {
    let from = -1;
    for (let i = 0; i + 1 <= nx; i++) {
      const v = i + 1 < nx ? CORNERS.map(([di, dj]) => values[(j + dj) * nx + i + di]) : [NaN], full = v.every((x) => x > level);
      if (full && from < 0) from = i;
      if (!full && from >= 0) { polygons.push([from, j, i, j, i, j + 1, from, j + 1]); from = -1; }
      if (full || !v.some((x) => x > level)) continue;
      /** @type {number[]} */
      const cut = [];
      CORNERS.forEach(([di, dj], k) => {
        const [ni, nj] = CORNERS[(k + 1) % 4], a = v[k], b = v[(k + 1) % 4];
        if (a > level) cut.push(i + di, j + dj);
        if (a > level !== b > level) { const s = share(a, b, level); cut.push(i + di + s * (ni - di), j + dj + s * (nj - dj)); }
      });
      polygons.push(cut);
    }
  }
  return polygons;
}

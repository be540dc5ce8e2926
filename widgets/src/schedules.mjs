// @ts-check
// Step-size schedules: by how much the step size is multiplied at step t, a pure function of t = 0, 1, ...

/** @typedef {{ kind: "constant" } | { kind: "drop", at: number, factor: number } | { kind: "warmup", steps: number }} Schedule */

/** A schedule, or one in short: "" (constant), "drop-<at>-<factor>", "warmup-<steps>".
 * @param {Schedule | string | undefined} given  @returns {Schedule | undefined} */
export function scheduleOf(given) {
  if (typeof given !== "string" || given === "") return given || undefined;
  const [kind, first, second] = given.split("-");
  return /** @type {any} */ ({ kind, at: Number(first), steps: Number(first), factor: Number(second) });
}

/** @param {Schedule | undefined} schedule @param {number} t */
export function scheduled(schedule, t) {
  if (!schedule || schedule.kind === "constant") return 1;
  if (schedule.kind === "drop") return t < schedule.at ? 1 : schedule.factor;
  if (schedule.kind === "warmup") return Math.min(1, (t + 1) / schedule.steps);   // in equal steps, 1 from t = steps - 1 on
  throw new RangeError(`There is no schedule “${/** @type {any} */ (schedule).kind}”. Use constant, drop or warmup.`);
}

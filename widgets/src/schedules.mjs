// @ts-check
// Step-size schedules: by how much the step size is multiplied at step t, a pure function of t = 0, 1, ...

/** @typedef {{ kind: "constant" } | { kind: "drop", at: number, factor: number } | { kind: "warmup", steps: number }} Schedule */

/** @param {Schedule | undefined} schedule @param {number} t */
export function scheduled(schedule, t) {
  if (!schedule || schedule.kind === "constant") return 1;
  if (schedule.kind === "drop") return t < schedule.at ? 1 : schedule.factor;
  if (schedule.kind === "warmup") return Math.min(1, (t + 1) / schedule.steps);   // in equal steps, 1 from t = steps - 1 on
  throw new RangeError(`There is no schedule “${/** @type {any} */ (schedule).kind}”. Use constant, drop or warmup.`);
}

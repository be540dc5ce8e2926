// @ts-check
// The state of a replay. eoslib/replay.py declares the same keys and defaults; it also reads the records from files.
import { common, quote, toNumber, whole } from "../toys/checks.mjs";
import { read } from "./record.mjs";

export const LIMITS = { run: [0, 11] };
export const DEFAULTS = { records: /** @type {unknown[]} */ ([]), run: 0, step: /** @type {number | null} */ (null), measure: "", autoplay: false, id: "replay", title: "" };
/** @typedef {typeof DEFAULTS} Settings */

/** @type {import("../toys/toy.mjs").Schema} */
export const SCHEMA = {
  defaults: DEFAULTS,
  checks: {
    records: (value) => value,                              // read once, by runsOf
    run: whole("The run", LIMITS.run[0], LIMITS.run[1]),
    step(value) {
      if (value === null || value === "") return null;
      const step = toNumber(value);
      if (!(Number.isInteger(step) && step >= 0)) throw new RangeError(`The step cannot be ${quote(value)}. Use a whole number, or none for the end.`);
      return step;
    },
    measure: String,
    ...common,
  },
  linked: [["run", "run"], ["step", "step"]],
};

/** The runs to replay. Throws a sentence. @param {unknown} records  @returns {import("./record.mjs").Run[]} */
export function runsOf(records) {
  if (!Array.isArray(records) || records.length === 0) throw new RangeError("There is no record to replay. Give at least one, made with eos.save_record.");
  if (records.length > LIMITS.run[1] + 1) throw new RangeError(`There are ${records.length} records. Give at most ${LIMITS.run[1] + 1}.`);
  return records.map(read);
}

// Makes the small parts that several screens share: chips of status and verdict, notices of refusals, ages.
import { button, el } from "./dom.js";
import { statusWords, t, verdictTone, verdictWords } from "./words.js";

export const chip = (status) => el("span", { class: `s ${status}` }, statusWords(status));

export const verdictChip = (verdict) => el("span", { class: `s ${verdictTone(verdict)}` }, verdictWords(verdict));

// What was refused, and the next step. A file that somebody else changed meanwhile offers to load it anew.
export function notice(error, again) {
  return el("div", { class: "notice fail", role: "alert" },
    el("p", null, el("b", null, error.message), " ", error.next),
    error.status === 409 && again && button(t("Load anew"), again),
    error.status === 0 && again && button(t("Try again"), again));
}

// The chip says it already where the words say no more.
const more = ({ verdict, words }) => (words === verdictWords(verdict) ? "" : words);

export function verdictList(verdicts) {
  if (!verdicts.length) return el("p", { class: "dim" }, t("No zone is judged here."));
  return el("ul", { class: "plain" }, verdicts.map((one) => el("li", null, verdictChip(one.verdict), " ", el("b", null, one.zone), " ", more(one))));
}

export const pathTitle = ({ words }) => words.charAt(0).toUpperCase() + words.slice(1);

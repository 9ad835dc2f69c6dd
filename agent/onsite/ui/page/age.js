// Counts the age of pictures on the page itself, in words; older than a minute is greyed, so nothing old looks live.
import { el } from "./dom.js";
import { ageWords, t } from "./words.js";

export const OLD_S = 60;
const born = new WeakMap();
const live = new WeakSet();

function tell(node) {
  const seconds = (performance.now() - born.get(node)) / 1000;
  const words = ageWords(seconds);
  if (node.textContent !== words) node.textContent = words;
  if (live.has(node)) node.closest("figure")?.classList.toggle("old", seconds > OLD_S);
}

// An element that tells how old something is that was `seconds` old just now; null: nothing was ever seen.
// What is a recording may be old: it is never greyed.
export function age(seconds, recorded = false) {
  if (seconds === null || seconds === undefined) return el("span", { class: "age" }, t("never looked at"));
  const node = el("span", { class: "age", "data-age": true });
  born.set(node, performance.now() - seconds * 1000);
  if (!recorded) live.add(node);
  node.textContent = ageWords(seconds);
  return node;
}

export const tellAges = () => document.querySelectorAll("[data-age]").forEach(tell);

setInterval(tellAges, 1000);

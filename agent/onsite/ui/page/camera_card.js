// Shows the card to type off: a zone in the words, coordinates and limits of the device's own page.
import { post } from "./api.js";
import { button, draw, el } from "./dom.js";
import { notice } from "./status.js";
import { percent, t } from "./words.js";

export async function showCard(root, camera, zone, app) {
  const close = () => root.replaceChildren();
  let card;
  try {
    card = await post(`/api/camera/${encodeURIComponent(camera.id)}/card`, { zone }, app.signal);
  } catch (error) {
    if (!app.signal.aborted) root.replaceChildren(notice(error));
    return;
  }
  const points = (shape) => shape.map(([x, y]) => `${x * 160},${y * 90}`).join(" ");
  root.replaceChildren(el("section", { class: "panel card", tabindex: -1 },
    el("h2", null, t("Card: {name}", { name: zone.name })),
    el("p", { class: "dim" }, card.make, card.words ? ` · ${card.words}` : ""),
    card.refusal && el("p", { class: "notice fail" }, card.refusal),
    card.shapes.length > 0 && draw("svg", { viewBox: "0 0 160 90", class: "plan", role: "img", "aria-label": t("The zone, and what the device would hide") },
      card.shapes.map((shape) => draw("polygon", { points: points(shape), class: "shape" })),
      draw("polygon", { points: points(zone.polygon), class: "zone" })),
    card.lines.length > 0 && el("ol", null, card.lines.map((line) => el("li", null, line))),
    card.fields.length > 0 && el("table", null, el("tbody", null, card.fields.map((field) =>
      el("tr", null, el("th", { scope: "row" }, field.label), el("td", { class: "mono" }, field.value))))),
    !card.refusal && el("p", null,
      card.too_much > 0 ? t("It hides {share} of the picture more than needed.", { share: percent(card.too_much) }) : t("It hides no more than needed."), " ",
      card.left_bare > 0 && el("b", { class: "fail" }, t("{share} of the zone stays bare.", { share: percent(card.left_bare) })), " ",
      card.free !== null && t("Free places on the device: {n}.", { n: card.free })),
    el("p", { class: "dim" }, t("camwarden writes nothing to the device: type this into its own page.")),
    el("p", { class: "row" }, button(t("Print"), () => window.print()), button(t("Close"), close))));
  root.firstChild.focus();
}

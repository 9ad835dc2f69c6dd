// Shows the card to type off: a zone in the words, coordinates and limits of the device's own page.
import { post } from "./api.js";
import { button, draw, el } from "./dom.js";
import { notice } from "./status.js";
import { percent, t } from "./words.js";

const points = (shape) => shape.map(([x, y]) => `${x * 160},${y * 90}`).join(" ");

function plan(card, zone) {
  return draw("svg", { viewBox: "0 0 160 90", class: "plan", role: "img", "aria-label": t("The zone, and what the device would hide") },
    card.shapes.map((shape) => draw("polygon", { points: points(shape), class: "shape" })),
    draw("polygon", { points: points(zone.polygon), class: "zone" }));
}

function worth(card) {
  return el("p", null,
    card.too_much > 0 ? t("It hides {share} of the picture more than needed.", { share: percent(card.too_much) }) : t("It hides no more than needed."), " ",
    card.left_bare > 0 && el("b", { class: "fail" }, t("{share} of the zone stays bare.", { share: percent(card.left_bare) })), " ",
    card.free !== null && t("Free masks on the device: {n}.", { n: card.free }));
}

// `asked` are a person's words on the device: how many masks are `free`, whether it draws `rectangles` only.
export async function showCard(root, camera, zone, app, asked = {}) {
  let card;
  try {
    card = await post(`/api/camera/${encodeURIComponent(camera.id)}/card`, { zone, ...asked }, app.signal);
  } catch (error) {
    if (!app.signal.aborted) root.replaceChildren(notice(error));
    return;
  }
  const again = (patch) => showCard(root, camera, zone, app, { ...asked, ...patch });
  const only = el("input", { type: "checkbox", change: (event) => again({ rectangles: event.target.checked }) });
  only.checked = asked.rectangles === true;
  const free = el("input", {
    type: "number", min: 0, max: 64, value: asked.free ?? card.free ?? "",
    change: (event) => again({ free: Number.isInteger(event.target.valueAsNumber) ? event.target.valueAsNumber : undefined }),
  });
  root.replaceChildren(el("section", { class: "panel card", tabindex: -1 },
    el("h2", null, t("Card: {name}", { name: zone.name })),
    el("p", { class: "dim" }, [card.make, card.title, card.words].filter(Boolean).join(" · ")),
    card.refusal && el("p", { class: "notice fail" }, card.refusal),
    card.shapes.length > 0 && plan(card, zone),
    card.lines.length > 0 && el("ol", null, card.lines.map((line) => el("li", null, line))),
    card.fields.length > 0 && el("table", null, el("tbody", null, card.fields.map((field) =>
      el("tr", null, el("th", { scope: "row" }, field.label), el("td", { class: "mono" }, field.value))))),
    !card.refusal && worth(card),
    el("label", null, t("Free masks on the device"), free),
    el("label", { class: "row" }, only, t("The device's page draws rectangles only")),
    el("p", { class: "dim" }, t("camwarden writes nothing to the device: type this into its own page.")),
    el("p", { class: "row" }, button(t("Print"), () => window.print()), button(t("Close"), () => root.replaceChildren()))));
  root.firstChild.focus();
}

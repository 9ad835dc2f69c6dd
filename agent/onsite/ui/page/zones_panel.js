// Lists the zones with fields for names and numbers: the full way to draw without a picture, for keys and screen readers.
import { button, el, rebuild } from "./dom.js";
import { clamp } from "./geometry.js";
import { percent, t } from "./words.js";

const EFFECTS = ["any", "color", "pixelated", "blurred"];

// `desk` has: draft, presets, names, remove(corner), card(zone).
export function zonesPanel(desk) {
  const root = el("section", { class: "panel zones" });
  let shape = "";

  const effectWords = (effect) => ({
    any: t("hidden in any way"), color: t("one colour"), pixelated: t("pixelated"), blurred: t("blurred"),
  })[effect];

  function figure(zone) {
    if (zone.uncovered === null || zone.uncovered === undefined) return t("the device lists no mask to compare");
    return zone.uncovered > 0 ? t("{share} uncovered", { share: percent(zone.uncovered) }) : t("covered by the device's masks");
  }

  function number(zone, at, corner, axis) {
    return el("input", {
      type: "number", min: 0, max: 100, step: 0.1, "data-key": `n${corner}${axis}`, inputmode: "decimal",
      "aria-label": t(axis ? "corner {n}, y in per cent" : "corner {n}, x in per cent", { n: corner + 1 }),
      focus: () => desk.draft.pick(at, corner),
      input: (event) => {
        const value = event.target.valueAsNumber;
        if (Number.isNaN(value)) return;
        const point = [...desk.draft.polygon()[corner]];
        point[axis] = clamp(value / 100);
        desk.draft.place(corner, point);
      },
      blur: tellNumbers,
    });
  }

  function fields(zone, at) {
    const patch = (key) => (event) => desk.draft.set(at, { [key]: event.target.value.trim() });
    const choice = (key, options) => el("select", { "data-key": key, change: patch(key) },
      options.map(([value, words]) => el("option", { value, selected: zone[key] === value }, words)));
    return [
      el("label", null, t("Name"), el("input", { value: zone.name, list: "zone-names", maxlength: 60, "data-key": "name", change: patch("name") })),
      el("label", null, t("Effect"), choice("effect", EFFECTS.map((one) => [one, effectWords(one)]))),
      zone.effect === "color" && el("label", null, t("Colour, such as #000000"),
        el("input", { value: zone.color, pattern: "#[0-9A-Fa-f]{6}", maxlength: 7, "data-key": "color", change: patch("color") })),
      desk.presets.length > 0 && el("label", null, t("Preset"), choice("preset", [["", t("none")], ...desk.presets.map((one) => [one, one])])),
      el("table", { class: "corners" },
        el("caption", null, t("Corners, in per cent from the upper left")),
        el("thead", null, el("tr", null, ["#", "x %", "y %"].map((words) => el("th", { scope: "col" }, words)), el("td"))),
        el("tbody", null, zone.polygon.map((_, corner) => el("tr", null,
          el("th", { scope: "row" }, corner + 1),
          [0, 1].map((axis) => el("td", null, number(zone, at, corner, axis))),
          el("td", null, button("×", () => { desk.draft.pick(at, corner); desk.remove(corner); }, {
            "aria-label": t("Delete corner {n}", { n: corner + 1 }), "data-key": `x${corner}`, class: "small",
            disabled: zone.polygon.length < 4,
          })),
        ))),
      ),
      el("p", { class: "row" },
        button(t("Add corner"), () => desk.draft.addCorner(), { "data-key": "add" }),
        button(t("Card to type off"), () => desk.card(desk.draft.zones()[at]), { "data-key": "card" }),
      ),
    ];
  }

  function entry(zone, at) {
    const chosen = desk.draft.picked().zone === at;
    return el("li", { class: chosen ? "chosen" : null },
      el("p", { class: "row" },
        button(zone.name, () => desk.draft.pick(chosen ? -1 : at), { "aria-expanded": String(chosen), class: "name", "data-key": `z${at}` }),
        el("span", { class: "share", "data-share": at }),
        button(t("Delete zone"), () => { desk.draft.pick(at); desk.remove(-1); }, { "data-key": `d${at}`, "aria-label": t("Delete zone {name}", { name: zone.name }) }),
      ),
      chosen && el("div", { class: "fields" }, fields(zone, at)));
  }

  function tellNumbers() {
    const polygon = desk.draft.polygon() ?? [];
    polygon.forEach((point, corner) => point.forEach((value, axis) => {
      const input = root.querySelector(`[data-key="n${corner}${axis}"]`);
      const words = String(Math.round(value * 1e4) / 100);
      if (input && input !== document.activeElement && input.value !== words) input.value = words;
    }));
    desk.draft.zones().forEach((zone, at) => {
      const share = root.querySelector(`[data-share="${at}"]`);
      if (!share) return;
      share.textContent = figure(zone);
      share.className = `share ${zone.uncovered > 0 ? "fail" : zone.uncovered === 0 ? "pass" : "unknown"}`;
    });
  }

  // Built anew only where zones, corners or words differ: typing in a field goes on undisturbed.
  function render() {
    const zones = desk.draft.zones();
    const { zone } = desk.draft.picked();
    const next = JSON.stringify([zone, zones.map((one) => [one.name, one.effect, one.color, one.preset, one.polygon.length])]);
    if (next !== shape) {
      shape = next;
      rebuild(root, [
        el("h2", null, t("Zones")),
        zones.length ? el("ol", { class: "list" }, zones.map(entry)) : el("p", { class: "dim" }, t("No zone yet: draw what must be hidden.")),
        el("datalist", { id: "zone-names" }, desk.names.map((value) => el("option", { value }))),
      ], zone >= 0 ? `z${zone}` : "", "z0");
    }
    tellNumbers();
  }

  return { node: root, render };
}

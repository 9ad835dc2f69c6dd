// Joins the picture, the drawing on it, the tool bar, the loupe and the table of zones: the drawing board of a camera.
import { button, el } from "./dom.js";
import { drafting } from "./drafting.js";
import { loupe } from "./loupe.js";
import { surface } from "./surface.js";
import { t } from "./words.js";
import { zonesPanel } from "./zones_panel.js";

const MIDDLE = [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]];
const ZOOMS = [1, 2, 4];

// `given`: zones, masks, names, presets; `on`: changed(settled), say(words), card(zone).
export function editor(given, on) {
  const img = el("img", { alt: "", draggable: "false" });
  const lens = loupe(img);
  const draft = drafting(given.zones, given.names, (settled) => { render(); on.changed(settled); });
  const desk = {
    draft, masks: given.masks, names: given.names, presets: given.presets, magnet: true, tool: "", card: on.card, say: on.say,
    pointed: lens.point, setTool, remove, fallback: () => bar.querySelector("button"),
  };
  const paper = surface(desk);
  const panel = zonesPanel(desk);
  let zoom = 0;

  const act = (key, words, click, props) => button(words, click, { "data-key": key, ...props });
  const arrow = (sign, words, dx, dy) => act(`go${sign}`, sign, (event) => draft.nudge(dx * (event.shiftKey ? 10 : 1), dy * (event.shiftKey ? 10 : 1)), { "aria-label": words, class: "small" });
  const bar = el("div", { class: "bar", role: "group", "aria-label": t("Drawing") },
    act("rectangle", t("New rectangle"), (event) => begin("rectangle", event)),
    act("polygon", t("New polygon"), (event) => begin("polygon", event)),
    act("done", t("Done"), () => paper.finish(), { hidden: true }),
    act("undo", t("Undo"), draft.undo, { "aria-keyshortcuts": "Control+Z" }),
    act("redo", t("Redo"), draft.redo, { "aria-keyshortcuts": "Control+Y" }),
    act("corner", t("Delete corner"), () => remove(draft.picked().corner)),
    act("zone", t("Delete zone"), () => remove(-1)),
    act("magnet", t("Magnet"), magnet, { "aria-keyshortcuts": "m" }),
    act("zoom", t("Enlarge"), () => { zoom = (zoom + 1) % ZOOMS.length; render(); }),
    el("span", { class: "pad", role: "group", "aria-label": t("Move what is picked by 0.1 %, with Shift by 1 %") },
      arrow("←", t("left"), -1, 0), arrow("↑", t("up"), 0, -1), arrow("↓", t("down"), 0, 1), arrow("→", t("right"), 1, 0)));
  const sheet = el("div", { class: "sheet" }, img, paper.node);
  const stage = el("div", { class: "stage", tabindex: 0, role: "region", "aria-label": t("Picture with zones") }, sheet);
  const node = el("div", { class: "board" }, bar,
    el("div", { class: "window" }, stage, lens.node),
    el("p", { class: "dim note", id: "surface-keys" },
      t("Keys on a corner: arrows 0.1 %, with Shift 1 %; + adds a corner, Delete removes it; Escape lets go. Alt holds the magnet off.")));

  function begin(tool, event) {
    // By key there is no pointer to draw with: a zone in the middle, whose corners the arrows move.
    if (event.detail === 0) {
      setTool("");
      draft.add(MIDDLE);
      draft.pick(draft.picked().zone, 0);
      paper.focus();
      on.say(t("A zone is in the middle of the picture: move its corners with the arrow keys, or type numbers."));
      return;
    }
    setTool(desk.tool === tool ? "" : tool);
    if (desk.tool) {
      on.say(tool === "rectangle" ? t("Drag from corner to corner, or tap two opposite corners.") : t("Tap each corner; tap the first again, or Done, to close."));
    }
  }

  function setTool(tool) {
    const old = desk.tool;
    desk.tool = tool;
    if (old !== tool) paper.cancel();
    render();
  }

  function remove(corner) {
    if (corner < 0) {
      draft.removeZone();
      on.say(t("The zone was deleted. Undo brings it back."));
    } else if (!draft.removeCorner(corner)) on.say(t("A zone has at least three corners: delete the zone instead."));
    else on.say(t("The corner was deleted. Undo brings it back."));
    if (document.activeElement === document.body) paper.focus();
  }

  function magnet() {
    desk.magnet = !desk.magnet;
    on.say(desk.magnet ? t("The magnet is on.") : t("The magnet is off."));
    render();
  }

  function render() {
    const { zone, corner } = draft.picked();
    const set = (key, props) => Object.assign(bar.querySelector(`[data-key="${key}"]`), props);
    // A button that is used up gives the focus on, or keys would start at the top of the page again.
    const disable = (key, off) => {
      const one = set(key, {});
      one.setAttribute("aria-disabled", String(off));
    };
    disable("undo", !draft.canUndo());
    disable("redo", !draft.canRedo());
    disable("corner", corner < 0);
    disable("zone", zone < 0);
    set("done", { hidden: desk.tool !== "polygon" });
    for (const key of ["rectangle", "polygon"]) set(key, { ariaPressed: String(desk.tool === key) });
    set("magnet", { ariaPressed: String(desk.magnet) });
    set("zoom", { textContent: `${t("Enlarge")} ${ZOOMS[zoom]}×` });
    sheet.className = `sheet zoom${ZOOMS[zoom]}`;
    paper.render();
    panel.render();
  }

  // Returns whether a key meant the drawing board, wherever the focus stands.
  function key(event) {
    const control = event.ctrlKey || event.metaKey;
    const named = control && { z: event.shiftKey ? draft.redo : draft.undo, y: draft.redo }[event.key.toLowerCase()];
    if (named) named();
    else if (!control && event.key === "m") magnet();
    else return false;
    return true;
  }

  render();
  return { node, panel: panel.node, panelRender: panel.render, img, draft, key, focus: paper.focus, stop: paper.stop };
}

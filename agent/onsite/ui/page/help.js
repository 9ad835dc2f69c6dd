// Lists the keys. Single letters can be switched off, for those who speak to their computer or slip (WCAG 2.1.4).
import { button, el } from "./dom.js";
import { t } from "./words.js";

export function help(single, toggle) {
  const rows = [
    ["← → ↑ ↓", t("go from tile to tile; move a corner")], ["Enter", t("open")], ["n", t("next camera with something left to do")],
    ["a", t("approve what is on the screen")], ["e", t("draw, or back to looking")], ["s", t("put the drawing into Review")],
    ["m", t("magnet on or off")], ["Ctrl Z, Ctrl Y", t("undo, redo")], ["+, Delete", t("add or delete a corner")],
    ["/", t("search the cameras")], ["g", t("to the cameras")], ["r", t("to Review")], ["?", t("this list")],
  ];
  const box = el("input", { type: "checkbox", change: (event) => toggle(event.target.checked) });
  box.checked = single;
  const dialog = el("dialog", { "aria-labelledby": "help-title", close: () => dialog.remove() },
    el("h2", { id: "help-title" }, t("Keys")),
    el("dl", { class: "keys" }, rows.map(([key, words]) => [el("dt", null, el("kbd", null, key)), el("dd", null, words)])),
    el("label", { class: "row" }, box, t("Single letters act as keys")),
    button(t("Close"), () => dialog.close()));
  document.body.append(dialog);
  dialog.showModal();
}

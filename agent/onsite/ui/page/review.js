// Shows what Review would write: the difference of site.toml in colour, who, why, and the cameras that were approved.
import { get, post } from "./api.js";
import { button, el } from "./dom.js";
import { chip, notice } from "./status.js";
import { t } from "./words.js";
import { link } from "./wall.js";

const SIGNS = { add: "+", remove: "−", same: " ", gap: "⋯" };

function difference(lines) {
  if (!lines.some((line) => line.kind === "add" || line.kind === "remove")) return el("p", { class: "dim" }, t("Nothing in the file changes."));
  const said = { add: t("added"), remove: t("removed") };
  return el("div", { class: "diff mono", tabindex: 0, role: "region", "aria-label": t("What changes in the file") },
    lines.map((line) => el("div", { class: line.kind },
      el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[line.kind]),
      said[line.kind] && el("span", { class: "unseen" }, said[line.kind], " "), line.text || " ")));
}

export async function review(root, app) {
  const data = await get("/api/review", app.signal);
  const trouble = el("div");
  const done = el("p", { role: "status" });
  const why = el("textarea", { rows: 2, maxlength: 500, id: "review-why", "data-key": "why" });
  const changes = data.diff.some((line) => line.kind === "add" || line.kind === "remove");
  const nothing = !changes && !data.approvals.length;

  async function takeBack(camera) {
    try {
      await post(`/api/camera/${encodeURIComponent(camera)}/mark`, { unmark: true }, app.signal);
      app.marks.delete(camera);
      app.reload();
    } catch (error) {
      trouble.replaceChildren(notice(error, () => app.anew()));
    }
  }

  async function save() {
    if (nothing) return;
    try {
      const told = await post("/api/review", { version: data.version, why: why.value.trim(), approve: data.approvals.map((one) => one.camera) }, app.signal);
      app.marks.clear();
      app.drafted();
      await app.reload();
      app.say(told.words);
    } catch (error) {
      if (!app.signal.aborted) trouble.replaceChildren(notice(error, () => app.anew()));
    }
  }

  const rows = data.approvals.map((one) => el("li", { class: "row" },
    el("a", { href: link(one.camera) }, one.name || one.camera), chip(one.status), el("span", null, one.words),
    button(t("Take back"), () => takeBack(one.camera), { "aria-label": t("Take back the approval of {name}", { name: one.name || one.camera }) })));

  root.replaceChildren(
    el("h1", null, t("Review")),
    el("p", { class: "dim" }, t("Nothing is saved before this page says so.")),
    el("section", null, el("h2", null, t("What changes in {file}", { file: data.file })), difference(data.diff)),
    el("section", null, el("h2", null, t("Approved after a look at each picture")),
      rows.length ? el("ul", { class: "list" }, rows) : el("p", { class: "dim" }, t("No camera yet: open one, look at its pictures, and press a."))),
    el("section", { class: "panel" },
      el("p", null, t("By {by}", { by: data.by })),
      el("label", null, t("Why"), why),
      el("p", { class: "row" }, button(t("Save and approve as {by}", { by: data.by }), save, { class: "main", "aria-disabled": String(nothing), "data-key": "save" })),
      done, trouble));
  return { stop() {}, key: () => false };
}

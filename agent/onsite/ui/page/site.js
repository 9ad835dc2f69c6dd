// Shows the site: findings with their next steps, footage over time, devices, declarations, delivery, and the papers.
import { age } from "./age.js";
import { blobInto, download, get, post } from "./api.js";
import { button, el } from "./dom.js";
import { chip, notice } from "./status.js";
import { language, t } from "./words.js";

const ORDER = ["fail", "warn", "unknown"];

function findings(list) {
  const open = ORDER.flatMap((status) => list.filter((one) => one.status === status));
  const rest = list.filter((one) => !ORDER.includes(one.status));
  const row = (one) => el("li", null,
    el("p", null, chip(one.status), " ", el("b", null, one.title), " ", el("span", { class: "dim" }, one.name || one.subject), one.disputed && [" ", el("span", { class: "do" }, t("disputed"))]),
    el("p", null, one.words), one.next && el("p", { class: "next" }, one.next));
  return el("section", null, el("h2", null, t("Findings")),
    open.length ? el("ul", { class: "list" }, open.map(row)) : el("p", { class: "pass" }, t("Nothing is open.")),
    rest.length > 0 && el("details", null, el("summary", null, t("{n} more in order or not due", { n: rest.length })), el("ul", { class: "list" }, rest.map(row))));
}

function timeline(text) {
  const section = el("section", null, el("h2", null, t("Footage kept")));
  if (!text) return section.append(el("p", { class: "dim" }, t("No footage was looked at."))), section;
  const img = el("img", { alt: t("Footage of each camera over time; the findings say it in words"), class: "timeline" });
  section.append(el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("Footage kept") }, img));
  blobInto(img, new Blob([text], { type: "image/svg+xml" })).catch(() => img.remove());
  return section;
}

function devices(list) {
  return el("section", null, el("h2", null, t("Devices")),
    el("ul", { class: "list" }, list.map((one) => el("li", null,
      el("p", null, one.status && chip(one.status), " ", el("b", null, one.name || one.id), " ", el("span", { class: "dim" }, [one.make, one.model].filter(Boolean).join(" "))),
      one.words && el("p", null, one.words)))));
}

function field(one) {
  const props = { name: one.name, required: one.required, "data-key": `${one.name}` };
  if (one.choices?.length) {
    return el("label", null, one.label, el("select", props, el("option", { value: "" }, "–"),
      one.choices.map((choice) => el("option", { value: choice.value ?? choice, selected: (choice.value ?? choice) === one.value }, choice.label ?? choice))));
  }
  const type = { date: "date", number: "number" }[one.kind] ?? "text";
  return el("label", null, one.label, el("input", { ...props, type, value: one.value ?? "", maxlength: 300 }));
}

function declaration(one, app) {
  const told = el("div", { role: "status" });
  const form = el("form", {
    submit: async (event) => {
      event.preventDefault();
      const values = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
      try {
        const said = await post("/api/declare", { key: one.key, ...values }, app.signal);
        told.replaceChildren(said.words || t("It is in Review now."));
        app.drafted();
      } catch (error) {
        if (!app.signal.aborted) told.replaceChildren(notice(error, app.reload));
      }
    },
  }, one.fields.map(field), el("p", { class: "row" }, el("button", { type: "submit" }, t("Put into Review"))), told);
  return el("li", null, el("details", null, el("summary", null, one.title, " ", el("span", { class: "dim" }, one.words)), one.fields.length > 0 && form));
}

function delivery(given) {
  const rows = Array.isArray(given) ? given : Object.entries(given ?? {}).map(([label, value]) => ({ label, value }));
  return el("section", null, el("h2", null, t("Delivery")),
    rows.length ? el("dl", null, rows.map((one) => [el("dt", null, one.label), el("dd", null, String(one.value))])) : el("p", { class: "dim" }, t("No report is delivered from here.")));
}

export async function site(root, app) {
  const data = await get("/api/site", app.signal);
  const trouble = el("div");
  const fetchFile = (what, name) => async () => {
    try {
      await download(`/api/${what}?lang=${language()}`, name);
    } catch (error) {
      trouble.replaceChildren(notice(error));
    }
  };
  root.replaceChildren(
    el("h1", null, t("Site")),
    el("p", { class: "row" }, age(data.age_s),
      button(t("Hand-over report"), fetchFile("report", "report.html")), button(t("Filing dossier"), fetchFile("dossier", "dossier.zip"))),
    trouble, findings(data.findings), timeline(data.timeline), devices(data.devices),
    el("section", null, el("h2", null, t("Declarations")), el("ul", { class: "list" }, data.declarations.map((one) => declaration(one, app)))),
    delivery(data.delivery));
  return { stop() {}, key: () => false };
}

// Shows the site: findings with their next steps, footage over time, devices, declarations, delivery, and the papers.
import { age } from "./age.js";
import { blobInto, download, get, post } from "./api.js";
import { button, el } from "./dom.js";
import { chip, notice } from "./status.js";
import { language, t } from "./words.js";

const AGAIN_MS = 2000;
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
  const about = (one) => [one.make, one.model, one.firmware, one.host && `${one.host}:${one.port}`, one.cameras && t("{n} cameras", { n: one.cameras })];
  return el("section", null, el("h2", null, t("Devices")),
    el("ul", { class: "list" }, list.map((one) => el("li", null,
      el("p", null, chip(one.status), " ", el("b", null, one.id), " ", el("span", { class: "dim" }, about(one).filter(Boolean).join(" · ")))))));
}

function choices(one) {
  if (one.kind === "cameras") return (one.cameras ?? []).map((camera) => ({ value: camera.id, words: camera.name || camera.id }));
  if (one.kind === "flag") return [{ value: "yes", words: t("yes") }, { value: "no", words: t("no") }];
  return one.choices ?? [];
}

function field(one) {
  const [props, given] = [{ name: one.name, "data-key": one.name }, choices(one)];
  if (given.length && one.kind !== "text") {
    const many = one.kind === "cameras" && { multiple: true, size: Math.min(6, given.length) };
    return el("label", null, one.label, el("select", { ...props, ...many }, !many && el("option", { value: "" }, "–"),
      given.map((choice) => el("option", { value: choice.value }, choice.words))));
  }
  const type = one.kind === "date" ? "date" : "text";
  return el("label", null, one.label, el("input", { ...props, type, maxlength: 300 }),
    given.map((choice) => el("span", { class: "dim" }, `${choice.value} ${choice.words}`)),
    one.example && el("span", { class: "dim" }, t("such as {example}", { example: one.example })));
}

function declaration(one, cameras, app) {
  const told = el("div", { role: "status" });
  const form = el("form", {
    submit: async (event) => {
      event.preventDefault();
      const data = new FormData(form);
      const values = Object.fromEntries([...data].filter(([name, value]) => value !== "" && name !== "cameras"));
      try {
        await post("/api/declare", { key: one.key, ...values, cameras: data.getAll("cameras") }, app.signal);
        told.replaceChildren(t("It is in Review now."));
        app.drafted();
      } catch (error) {
        if (!app.signal.aborted) told.replaceChildren(notice(error, () => app.anew()));
      }
    },
  }, one.fields.map((given) => field({ ...given, cameras })), el("p", { class: "row" }, el("button", { type: "submit" }, t("Put into Review"))), told);
  const paper = el("p", { class: "dim" }, t("This needs a paper: camwarden declare --list shows how."));
  return el("li", null, el("details", null, el("summary", null, one.title, " ", el("span", { class: one.state === "declared" ? "pass" : "dim" }, one.words)), one.fields.length ? form : paper));
}

function delivery(lines) {
  return el("section", null, el("h2", null, t("Delivery")),
    lines.length ? el("ul", { class: "plain" }, lines.map((line) => el("li", null, line))) : el("p", { class: "dim" }, t("No report is delivered from here.")));
}

export async function site(root, app) {
  const [first, { cameras }] = [await get("/api/site", app.signal), await app.cameras()];
  const [trouble, results] = [el("div"), el("div")];
  const tried = (act) => async () => {
    try {
      await act();
    } catch (error) {
      if (!app.signal.aborted) trouble.replaceChildren(notice(error));
    }
  };
  const file = (what, name) => tried(() => download(`/api/${what}?lang=${language()}`, name));

  // What the look found is shown as soon as it is there; a form that is being filled in stays as it is.
  const show = (data) => results.replaceChildren(el("div", null,
    data.failed && el("p", { class: "notice fail" }, data.failed),
    data.running && el("p", { role: "status" }, t("The site is being looked at: the findings come in a minute or two.")),
    data.age_s !== null && [el("p", null, age(data.age_s, true)), findings(data.findings), timeline(data.timeline)],
    devices(data.devices), delivery(data.delivery.lines ?? [])));
  const wait = async () => {
    for (let data = await get("/api/site", app.signal); !app.signal.aborted; data = await get("/api/site", app.signal)) {
      if (!data.running) { show(data); return; }
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  };
  const again = tried(async () => { show(await post("/api/site", {}, app.signal)); await wait(); });

  root.replaceChildren(
    el("h1", null, t("Site")),
    el("p", { class: "row" }, button(t("Look at the site again"), again),
      button(t("Hand-over report"), file("report", "report.html")), button(t("Filing dossier"), file("dossier", "dossier.html"))),
    trouble, results,
    el("section", null, el("h2", null, t("Declarations")), el("ul", { class: "list" }, first.declarations.map((one) => declaration(one, cameras, app)))));
  show(first);
  if (first.running) tried(wait)();
  return { stop() {}, key: () => false };
}

// Starts the page: trades the code of the link, then shows the screen that the address names, and hands keys to it.
import { tellAges } from "./age.js";
import { get, open as openSession, post, whenLost } from "./api.js";
import { camera } from "./camera.js";
import { button, el } from "./dom.js";
import { help } from "./help.js";
import { review } from "./review.js";
import { site } from "./site.js";
import { notice } from "./status.js";
import { open, link, wall } from "./wall.js";
import { language, speak, t } from "./words.js";

const LOOK_EVERY_MS = 1000;
const root = el("main", { id: "view", tabindex: -1 });
const header = el("header");
const spoken = el("p", { class: "toast", role: "status" });
const app = { marks: new Set(), wall: { search: "", filter: "all", shown: [] }, reload: show, anew, next, marked, drafted, lookBar, say, cameras, mayEdit: () => session.may_edit };

let session = null;
let view = { stop() {}, key: () => false };
let ends = new AbortController();
let single = true;
let seen = null;
let polling = false;

function say(words) {
  spoken.textContent = words;
}

// Has site.toml read again as it is now; `then` goes on with it.
async function anew(then = show) {
  try {
    say((await post("/api/reload", {}, app.signal)).words);
  } catch (error) {
    if (!app.signal.aborted) say(`${error.message} ${error.next}`);
    return;
  }
  await then();
}

async function cameras() {
  seen = await get("/api/wall", app.signal);
  top();
  return seen;
}

// The next camera with something left to do after this one, in the order of the wall, and from its start again.
async function next(after) {
  const { cameras: all } = seen ?? await cameras();
  const listed = app.wall.shown.length ? all.filter((one) => app.wall.shown.includes(one.id)) : all;
  const at = listed.findIndex((one) => one.id === after) + 1;
  const found = [...listed.slice(at), ...listed.slice(0, at)].find((one) => open(one, app.marks) && one.id !== after);
  if (found) location.hash = link(found.id);
  else if (after === null || !location.hash.startsWith("#/review")) { location.hash = "#/review"; say(t("No camera is left to do.")); }
}

function marked(id) {
  app.marks.add(id);
  top();
}

async function drafted() {
  seen = await get("/api/wall").catch(() => seen);
  top();
}

function lookBar(look) {
  const words = el("span", { class: "dim", role: "status" });
  const again = button(t("Look at all again"), async () => { poll(await post("/api/look", { cameras: [] })); }, { "data-key": "again" });
  const node = el("span", { class: "row looking" }, again, el("progress", { max: 1, value: 0, "aria-label": t("Cameras looked at") }), words);
  const tell = (now) => {
    again.setAttribute("aria-disabled", String(now.running));
    node.children[1].hidden = !now.running;
    Object.assign(node.children[1], { max: now.total || 1, value: now.done });
    words.textContent = now.words;
  };
  node.tell = tell;
  tell(look);
  if (look.running) poll(look);
  return node;
}

async function poll(look) {
  document.querySelector(".looking")?.tell(look);
  if (polling) return;
  polling = true;
  try {
    for (let now = look, done = look.done; now.running; ) {
      await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
      now = await get("/api/look");
      document.querySelector(".looking")?.tell(now);
      if (now.done !== done || !now.running) await view.looked?.();
      done = now.done;
    }
  } catch (error) {
    if (error.name !== "AbortError") say(`${error.message} ${error.next ?? ""}`);
  } finally {
    polling = false;
  }
}

function route() {
  const [, screen, rest] = /^#\/(wall|camera|review|site)(?:\/(.*))?$/.exec(location.hash) ?? ["", "wall"];
  try {
    return [screen, decodeURIComponent(rest ?? "")];
  } catch {
    return ["wall", ""];
  }
}

function top() {
  const [screen] = route();
  const item = (name, words, more) => el("a", { href: `#/${name}`, "aria-current": (screen === name || (name === "wall" && screen === "camera")) && "page" }, words, more);
  const waiting = (seen?.drafts ?? 0) + app.marks.size;
  const count = waiting > 0 && el("b", { class: "count" }, waiting, el("span", { class: "unseen" }, " ", t("waiting")));
  const focused = header.contains(document.activeElement) ? document.activeElement.getAttribute("href") ?? document.activeElement.dataset.key : null;
  header.replaceChildren(
    button(t("To the content"), () => root.focus(), { class: "skip" }),
    el("b", { class: "site" }, session.name || session.site),
    el("nav", { "aria-label": t("Screens") }, item("wall", t("Cameras")), item("review", t("Review"), count && [" ", count]), item("site", t("Site"))),
    el("span", { class: "dim who" }, session.by),
    button(language() === "en" ? "中文" : "English", change, { lang: language() === "en" ? "zh-CN" : "en", "data-key": "lang" }),
    button("?", showHelp, { "aria-label": t("Keys"), class: "small", "data-key": "help" }));
  if (focused) header.querySelector(`[href="${CSS.escape(focused)}"], [data-key="${CSS.escape(focused)}"]`)?.focus();
}

async function change() {
  await speak(language() === "en" ? "zh_CN" : "en");
  await show();
}

const showHelp = () => help(single, (on) => { single = on; });

async function show() {
  const [screen, id] = route();
  ends.abort();
  view.stop();
  view = { stop() {}, key: () => false };
  ends = new AbortController();
  app.signal = ends.signal;
  const { signal } = ends;
  say("");
  top();
  root.setAttribute("aria-busy", "true");
  try {
    const made = await { wall, review, site, camera }[screen](root, app, id);
    if (signal.aborted) { made.stop(); return; }
    view = made;
  } catch (error) {
    if (signal.aborted) return;
    if (session) root.replaceChildren(notice(error, show));
  } finally {
    if (!signal.aborted) {
      root.removeAttribute("aria-busy");
      root.dataset.shown = location.hash;
    }
  }
  document.title = `${root.querySelector("h1")?.textContent ?? ""} · ${session?.name ?? ""} · camwarden`;
  tellAges();
}

async function moved() {
  if (!session) return;
  if (view.dirty?.() && !window.confirm(t("What was drawn is not in Review yet. Leave it?"))) {
    history.replaceState(null, "", shownAt);
    return;
  }
  shownAt = location.hash;
  await show();
  root.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}
let shownAt = "";

function keys(event) {
  if (!session || event.defaultPrevented || event.altKey || document.querySelector("dialog")) return;
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (typing && event.key === "Escape") typing.blur();
  if (typing || (!single && event.key.length === 1 && !event.ctrlKey && !event.metaKey)) return;
  const goes = { g: "#/wall", r: "#/review" }[event.key];
  if (event.key === "?") showHelp();
  else if (view.key(event)) { /* the screen took it */ }
  else if (event.key === "n") next(null);
  else if (event.key === "/") { location.hash = "#/wall"; }
  else if (goes && !event.ctrlKey && !event.metaKey) location.hash = goes;
  else return;
  event.preventDefault();
}

// Without a token there is nothing to show: the code of a fresh link is asked for.
function locked(error) {
  session = null;
  ends.abort();
  view.stop();
  const code = el("input", { autocomplete: "off", spellcheck: "false", required: true, "data-key": "code" });
  header.replaceChildren(el("b", { class: "site" }, "camwarden"));
  root.replaceChildren(el("h1", null, t("This page is locked")), error && notice(error),
    el("p", null, t("Its link is good once and for a minute, and a page that was loaded anew has lost its key. Start camwarden ui again, and open the link that it prints.")),
    el("form", { submit: (event) => { event.preventDefault(); enter(code.value.trim()); } },
      el("label", null, t("Or type the code of a fresh link"), code), el("button", { type: "submit", class: "main" }, t("Open"))));
}

async function enter(code) {
  try {
    session = await openSession(code);
  } catch (error) {
    locked(error);
    return;
  }
  await speak(session.lang);
  shownAt = location.hash;
  await show();
}

async function start() {
  const code = new URLSearchParams(location.hash.slice(1)).get("k");
  if (code) history.replaceState(null, "", location.pathname);
  await speak(navigator.language.startsWith("zh") ? "zh_CN" : "en");
  document.body.append(header, root, spoken);
  whenLost(() => locked(null));
  addEventListener("hashchange", moved);
  addEventListener("keydown", keys);
  addEventListener("beforeunload", (event) => { if (view.dirty?.()) event.preventDefault(); });
  if (code) await enter(code);
  else locked(null);
}

start();

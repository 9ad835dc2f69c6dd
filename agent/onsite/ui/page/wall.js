// Shows every camera as a tile: picture, worst verdict in words, age, and what is left to do.
import { age } from "./age.js";
import { get, pictureInto } from "./api.js";
import { button, el } from "./dom.js";
import { chip } from "./status.js";
import { t } from "./words.js";

const COLUMN = { ArrowUp: -1, ArrowDown: 1 };

export const link = (id) => `#/camera/${encodeURIComponent(id)}`;

export const open = (camera, marks) => camera.todo.length > 0 && !marks.has(camera.id);

function filters(marks) {
  return [
    ["all", t("All"), () => true],
    ["open", t("Left to do"), (one) => open(one, marks)],
    ["draw", t("To draw"), (one) => one.todo.some((todo) => todo.code === "draw")],
    ["approve", t("To approve"), (one) => one.todo.some((todo) => todo.code === "approve" || todo.code === "reason")],
    ["fail", t("Not hidden"), (one) => one.status === "fail"],
    ["unknown", t("Unknown"), (one) => one.status === "unknown"],
  ];
}

export async function wall(root, app) {
  const data = await app.cameras();
  const kept = app.wall;
  const list = el("ul", { class: "tiles", keydown: move });
  const count = el("p", { class: "dim", role: "status" });
  const search = el("input", {
    type: "search", value: kept.search, placeholder: t("Name or what is left to do"), "aria-label": t("Search the cameras"),
    "data-key": "search", input: (event) => { kept.search = event.target.value; show(); },
  });
  const buttons = el("div", { class: "row", role: "group", "aria-label": t("Which cameras") },
    filters(app.marks).map(([key, words]) => button(words, () => { kept.filter = key; show(); }, { "data-filter": key })));

  const eye = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting).forEach(({ target }) => {
    eye.unobserve(target);
    const { camera, path } = target.dataset;
    pictureInto(target, camera, path, { black: 1 }, app.signal).then(() => target.classList.add("there")).catch(() => target.remove());
  }), { rootMargin: "200px" });

  function tile(camera) {
    const picture = camera.picture
      ? el("img", { alt: "", width: 320, height: 180, "data-camera": camera.id, "data-path": camera.picture })
      : el("div", { class: "nopicture" }, t("no picture"));
    if (camera.picture) eye.observe(picture);
    return el("li", null, el("a", { href: link(camera.id), class: "tile", "data-id": camera.id },
      el("figure", null, picture, el("figcaption", null, camera.secret && el("b", null, t("secret place"), " · "), age(camera.age_s))),
      el("b", { class: "name" }, camera.name || camera.id),
      el("span", null, chip(camera.status), " ", camera.words),
      el("span", { class: "todo" },
        camera.todo.map((todo) => el("span", { class: "do" }, todo.words)),
        app.marks.has(camera.id) && el("span", { class: "do draft" }, t("approved in Review, not saved yet")),
        camera.drafted && el("span", { class: "do draft" }, t("drawn, not saved yet")),
        camera.approved && !open(camera, app.marks) && el("span", { class: "pass" }, t("approved")))));
  }

  function show() {
    const [, , fits] = filters(app.marks).find(([key]) => key === kept.filter);
    const words = kept.search.trim().toLowerCase();
    const said = (one) => [one.id, one.name, one.placement, one.words, ...one.todo.map((todo) => todo.words)].join(" ").toLowerCase();
    const shown = data.cameras.filter((one) => fits(one) && said(one).includes(words));
    kept.shown = shown.map((one) => one.id);
    list.replaceChildren(...shown.map(tile));
    count.textContent = t("{n} of {all} cameras; {left} with something left to do", { n: shown.length, all: data.cameras.length, left: data.cameras.filter((one) => open(one, app.marks)).length });
    buttons.querySelectorAll("button").forEach((one) => { one.ariaPressed = String(one.dataset.filter === kept.filter); });
  }

  // Left and right go along, up and down to the tile in the row above or below.
  function move(event) {
    const tiles = [...list.querySelectorAll("a")];
    const at = tiles.indexOf(document.activeElement);
    if (at < 0) return;
    const across = tiles.filter((one) => one.offsetTop === tiles[0].offsetTop).length;
    const by = COLUMN[event.key] ? COLUMN[event.key] * across : { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = by && tiles[at + by];
    if (!next) return;
    next.focus();
    event.preventDefault();
  }

  root.replaceChildren(
    el("h1", null, t("Cameras")),
    el("div", { class: "row tools" }, search, buttons, app.lookBar(data.look)),
    count, list);
  show();

  return {
    stop: () => eye.disconnect(),
    key(event) {
      if (event.key === "/") search.focus();
      else if (event.key === "a" || event.key === "n") app.next(null);
      else if (event.key.startsWith("Arrow") && document.activeElement === document.body) list.querySelector("a")?.focus();
      else return false;
      return true;
    },
    async looked() {
      Object.assign(data, await get("/api/wall", app.signal));
      show();
    },
  };
}

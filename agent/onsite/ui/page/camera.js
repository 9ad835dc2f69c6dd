// Shows one camera: its pictures with a verdict each, to be looked at and approved, or drawn on.
import { age } from "./age.js";
import { get, pictureInto, post } from "./api.js";
import { showCard } from "./camera_card.js";
import { cameraLadder } from "./camera_ladder.js";
import { cameraLook } from "./camera_look.js";
import { button, el, rebuild } from "./dom.js";
import { editor } from "./editor.js";
import { live } from "./live.js";
import { chip, notice, pathTitle, verdictChip, verdictList } from "./status.js";
import { percent, t, worst } from "./words.js";

const WIDTH = 1280;
const JUDGE_AFTER_MS = 150;

export async function camera(root, app, id) {
  const base = `/api/camera/${encodeURIComponent(id)}`;
  let data = await get(base, app.signal);
  let mode = app.mayEdit() && !data.zones.length && !data.no_private_area ? "draw" : "look";
  if (!app.mayEdit() && matchMedia("(max-width: 600px)").matches) mode = "ladder";
  let current = null;
  let dirty = false;

  if (data.marked) app.marks.add(id);
  const body = el("div");
  const head = el("div", { class: "row head" });
  const say = (words) => { const line = body.querySelector(".status"); if (line) line.textContent = words; };

  function heading() {
    const tab = (key, words) => button(words, () => { mode = key; show(); }, { "data-key": key, "aria-pressed": String(mode === key) });
    rebuild(head, [
      el("h1", null, data.name || data.id),
      mode !== "ladder" && el("span", { class: mode === "draw" && "said" }, chip(data.status), " ", data.words), // of its last look: there is a newer verdict there
      el("span", { class: "dim" }, [data.placement, data.device.make, data.device.model, data.secret && t("secret place")].filter(Boolean).join(" · ")),
      el("span", { class: "row modes", role: "group", "aria-label": t("What to do here") }, tab("look", t("Look and approve")), app.mayEdit() && tab("draw", t("Draw")), tab("ladder", t("On the ladder"))),
      button(t("Next open camera"), () => app.next(id), { "aria-keyshortcuts": "n", "data-key": "next" }),
    ]);
  }

  function placed(view) {
    body.replaceChildren(view.node);
    return view;
  }

  function drawing() {
    const card = el("div");
    const trouble = el("div");
    const status = el("p", { class: "status", role: "status" }, data.words);
    const side = el("div");
    const tabs = el("div", { class: "tabs", role: "tablist", "aria-label": t("Pictures of this camera") });
    const caption = el("figcaption", { class: "row" });
    const none = el("input", { type: "checkbox", change: changed, "data-key": "none" });
    none.checked = Boolean(data.no_private_area);
    let path = (data.paths.find((one) => one.picture) ?? data.paths[0])?.path;
    let timer = 0;
    let turn = 0;
    let stopLive = null;
    let hint = "";

    const board = editor(data, { changed: (settled) => { if (settled) changed(); }, say: (words) => { hint = words; say(words); }, card: (zone) => showCard(card, data, zone, app) });
    const taken = new Map(data.paths.map((one) => [one.path, age(one.age_s, one.path.startsWith("playback"))]));

    function changed() {
      dirty = true;
      hint = "";
      clearTimeout(timer);
      timer = setTimeout(judge, JUDGE_AFTER_MS);
      sideParts();
    }

    async function judge() {
      const mine = ++turn;
      const wrong = board.draft.faulty();
      if (wrong.length) { say(t("{name}: its sides cross or touch. Move a corner, or undo.", { name: wrong[0] })); return; }
      try {
        const told = await post(`${base}/judge`, { zones: board.draft.zones() }, app.signal);
        if (mine !== turn) return;
        for (const one of told.paths) Object.assign(data.paths.find((own) => own.path === one.path) ?? {}, { verdicts: one.verdicts });
        board.draft.measured(new Map(told.zones.map((one) => [one.name, one.uncovered])));
        board.panelRender();
        Object.assign(data, { status: told.status, words: told.words });
        const zone = board.draft.zones()[board.draft.picked().zone];
        const share = zone?.uncovered > 0 ? t("Zone {name}: {share} uncovered.", { name: zone.name, share: percent(zone.uncovered) }) : "";
        say([hint, told.words, share].filter(Boolean).join(" ")); // a hint that a verdict swept away was read by nobody
        heading();
        pathTabs();
      } catch (error) {
        if (!app.signal.aborted) say(`${error.message} ${error.next}`);
      }
    }

    function pathTabs() {
      const at = data.paths.findIndex((one) => one.path === path);
      rebuild(tabs, data.paths.map((one, index) => {
        const verdict = worst(one.verdicts);
        return el("button", {
          type: "button", role: "tab", "aria-selected": String(index === at), tabindex: index === at ? 0 : -1, "data-key": one.path,
          id: `tab-${index}`, "aria-controls": "shot", click: () => choose(one.path), keydown: (event) => {
            const next = data.paths[index + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? NaN)];
            if (next) { choose(next.path); event.preventDefault(); tabs.querySelector("[tabindex='0']").focus(); }
          },
        }, el("span", null, pathTitle(one)), " ", verdict ? verdictChip(verdict) : el("span", { class: "s", "aria-hidden": "true" }, "\u00a0"));
      }));
      const shown = data.paths[at];
      if (!shown) return;
      rebuild(caption, [
        taken.get(path), shown.why && el("span", null, shown.why), verdictList(shown.verdicts),
        button(stopLive ? t("Stop live") : t("Live"), toggleLive, { "data-key": "live", "aria-pressed": String(Boolean(stopLive)) }),
      ]);
    }

    function choose(next) {
      stopLive?.();
      path = next;
      pathTabs();
      const shown = data.paths.find((one) => one.path === path);
      figure.setAttribute("aria-labelledby", `tab-${data.paths.indexOf(shown)}`);
      board.img.classList.toggle("gone", !shown?.picture);
      if (shown?.picture) pictureInto(board.img, id, path, { w: WIDTH }, app.signal).catch((error) => { if (!app.signal.aborted) trouble.replaceChildren(notice(error)); });
    }

    function toggleLive() {
      if (stopLive) { stopLive(); return; }
      stopLive = live(board.img, id, path, WIDTH, (fresh, error) => {
        if (error) { trouble.replaceChildren(notice(error)); return; }
        taken.set(path, age(fresh.age_s));
        pathTabs();
      }, () => { stopLive = null; pathTabs(); });
      pathTabs();
    }

    function sideParts() {
      const masks = data.masks;
      rebuild(side, [
        el("section", { class: "panel" }, el("h2", null, t("Masks on the device")),
          masks === null && el("p", { class: "dim" }, t("The device does not list its masks.")),
          masks?.length === 0 && el("p", { class: "dim" }, t("The device has no mask.")),
          masks?.length > 0 && el("ul", { class: "list" }, masks.map((mask, index) => el("li", { class: "row" },
            el("b", null, mask.name),
            el("span", { class: mask.enabled === false ? "fail" : "dim" }, mask.enabled === false ? t("switched off: it hides nothing") : mask.enabled ? t("switched on") : t("whether it is on is not known")),
            button(t("Take as zone"), () => board.draft.add(mask.polygon, { name: mask.name }), { "data-key": `take${index}` }))))),
        board.draft.zones().length === 0 && el("label", { class: "panel row" }, none, t("This camera sees no private area")),
      ]);
    }

    // What was drawn here stays where nobody has drawn otherwise meanwhile.
    async function rebased() {
      const fresh = await get(base, app.signal);
      if (JSON.stringify(fresh.zones) !== JSON.stringify(data.zones)) { app.reload(); return; }
      data.version = fresh.version;
      trouble.replaceChildren();
    }

    async function keep() {
      const [wrong] = board.draft.faulty();
      if (wrong !== undefined) { say(t("{name}: its sides cross or touch. Move a corner, or undo.", { name: wrong })); return; }
      const zones = board.draft.zones();
      try {
        data = await post(`${base}/draft`, { version: data.version, zones, no_private_area: none.checked && !zones.length }, app.signal);
      } catch (error) {
        if (!app.signal.aborted) trouble.replaceChildren(notice(error, () => app.anew(rebased)));
        return;
      }
      dirty = false;
      trouble.replaceChildren();
      app.drafted();
      mode = "look";
      show();
      head.querySelector("[data-key=look]").focus();
    }

    const figure = el("figure", { class: "camera", id: "shot", role: "tabpanel" }, board.node, status, caption);
    body.replaceChildren(el("div", { class: "desk" },
      el("div", null, tabs, figure, trouble,
        el("p", { class: "row" }, button(t("Put into Review"), keep, { class: "main", "data-key": "keep" }),
          el("span", { class: "dim" }, t("Nothing is written before Review.")))),
      el("div", { class: "side" }, board.panel, side, card)));
    sideParts();
    choose(path);
    return {
      key: (event) => {
        if (event.key !== "s" || event.ctrlKey) return board.key(event);
        keep();
        return true;
      },
      stop: () => { clearTimeout(timer); stopLive?.(); board.stop(); },
    };
  }

  function show() {
    current?.stop();
    heading();
    current = mode === "draw" ? drawing() : placed(mode === "ladder" ? cameraLadder(data, app) : cameraLook(data, app, { done: app.marked }));
  }

  root.replaceChildren(el("p", { class: "back" }, el("a", { href: "#/wall" }, t("Cameras"))), head, body);
  show();
  return {
    stop: () => current.stop(),
    dirty: () => dirty,
    key(event) {
      if (event.key === "n" && !event.ctrlKey) { app.next(id); return true; }
      if (event.key === "e" && !event.ctrlKey && app.mayEdit()) { mode = mode === "draw" ? "look" : "draw"; show(); return true; }
      return current.key(event);
    },
  };
}

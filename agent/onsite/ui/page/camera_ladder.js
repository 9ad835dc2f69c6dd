// Shows one live picture of a camera and how well it hides, large enough to be read from a ladder, one hand free.
import { age } from "./age.js";
import { post } from "./api.js";
import { outlines } from "./camera_look.js";
import { button, el, rebuild } from "./dom.js";
import { live } from "./live.js";
import { notice, pathTitle, verdictChip } from "./status.js";
import { percent, t, verdictTone, verdictWords, worst } from "./words.js";

const WIDTH = 640;
const recorded = ({ path }) => path.startsWith("playback");

export function cameraLadder(camera, app) {
  const paths = camera.paths.filter((path) => path.picture && !recorded(path));
  const img = el("img", { alt: "" });
  const figure = el("figure", { class: "shot" }, el("div", { class: "sheet" }, img, outlines(camera)));
  const verdict = el("p", { class: "verdict", role: "status" });
  const zones = el("ul", { class: "list big" });
  const line = el("p", { class: "row" });
  const tabs = el("p", { class: "row", role: "group", "aria-label": t("Pictures of this camera") });
  const trouble = el("div");
  let path = paths[0]?.path;
  let stopLive = null;
  let born = null;
  let shares = new Map(camera.zones.map((zone) => [zone.name, zone.uncovered]));

  // Without a picture that is live nothing is said of what it hides: what is read from a ladder counts as now.
  function tell(verdicts) {
    const found = worst(verdicts);
    verdict.className = `verdict s ${verdictTone(found)}`;
    const words = camera.zones.length ? verdictWords(found) : t("No zone is judged here.");
    if (verdict.textContent !== words) verdict.textContent = words; // said again each second, nobody listens
    rebuild(zones, camera.zones.map((zone) => {
      const one = verdicts.find((given) => given.zone === zone.name);
      const share = shares.get(zone.name) ?? null;
      return el("li", { class: "row" }, one && verdictChip(one.verdict), el("b", null, zone.name),
        el("span", { class: "share" }, share === null ? t("the device does not say how much it covers") : t("{share} uncovered", { share: percent(share) })));
    }));
  }

  function picture() {
    rebuild(tabs, paths.map((one) => button(pathTitle(one), () => choose(one.path), { "aria-pressed": String(one.path === path), "data-key": one.path })));
    rebuild(line, [born === null ? null : age((performance.now() - born) / 1000),
      button(stopLive ? t("Stop live") : t("Live"), () => (stopLive ? stopLive() : start()), { "data-key": "live", "aria-pressed": String(Boolean(stopLive)) }),
      button(t("Read the masks of the device again"), again, { "data-key": "masks" })]);
    img.alt = path ? t("{path} of {name}", { path: pathTitle(paths.find((one) => one.path === path)), name: camera.name || camera.id }) : "";
  }

  function start() {
    trouble.replaceChildren();
    stopLive = live(img, camera.id, path, WIDTH, (fresh, error) => {
      if (error) { trouble.replaceChildren(notice(error, start)); return; }
      born = performance.now() - fresh.age_s * 1000;
      shares = new Map(fresh.zones.map((one) => [one.name, one.uncovered]));
      tell(fresh.paths.find((one) => one.path === path)?.verdicts ?? []);
      picture();
    }, () => { stopLive = null; tell([]); picture(); });
    picture();
  }

  function choose(next) {
    stopLive?.();
    path = next;
    born = null;
    start();
  }

  async function again() {
    try {
      await post("/api/look", { cameras: [camera.id] }, app.signal);
      app.say(t("Reading the camera. What is uncovered follows within a minute."));
    } catch (error) {
      if (!app.signal.aborted) trouble.replaceChildren(notice(error));
    }
  }

  tell([]);
  const none = el("p", { class: "dim" }, t("No live picture of this camera is at hand: look again."));
  const node = el("div", { class: "ladder" }, path ? [verdict, figure, line, zones, tabs] : [none], trouble);
  if (path) start();
  return { node, key: () => false, stop: () => stopLive?.() };
}

// Shows every judged picture of a camera side by side, and lets a person approve what was on the screen, and only that.
import { age } from "./age.js";
import { pictureInto, post } from "./api.js";
import { button, draw, el } from "./dom.js";
import { notice, pathTitle, verdictList } from "./status.js";
import { t } from "./words.js";

const WIDTH = 960;
const points = (shape) => shape.map(([x, y]) => `${x * 1000},${y * 1000}`).join(" ");

// The zones of a camera as lines over its picture, and its masks that are switched off.
export function outlines(camera) {
  return draw("svg", { viewBox: "0 0 1000 1000", preserveAspectRatio: "none", "aria-hidden": "true" },
    (camera.masks ?? []).filter((mask) => mask.enabled === false).map((mask) => draw("polygon", { points: points(mask.polygon), class: "ghost off" })),
    camera.zones.flatMap((zone) => ["under", "zone"].map((tone) => draw("polygon", { points: points(zone.polygon), class: tone }))));
}

// `done()` is called after the camera was marked, `busy(error)` after a refusal.
export function cameraLook(camera, app, { done }) {
  const base = `/api/camera/${encodeURIComponent(camera.id)}`;
  const judged = camera.paths.filter((path) => path.picture);
  const digests = new Map();
  const seen = new Set();
  const why = el("input", { maxlength: 300, "data-key": "why", id: "why", keydown: (event) => { if (event.key === "Enter") approve(); } });
  const state = el("p", { role: "status" });
  const trouble = el("div");
  const approveButton = button(t("Approve these pictures"), approve, { class: "main", "aria-keyshortcuts": "a", "data-key": "approve" });

  const eye = new IntersectionObserver((found) => {
    found.filter((one) => one.intersectionRatio >= 0.5).forEach(({ target }) => {
      if (digests.has(target.dataset.path)) { seen.add(target.dataset.path); eye.unobserve(target); }
    });
    tell();
  }, { threshold: [0, 0.5, 1] });

  const figures = judged.map((path) => {
    const img = el("img", { alt: t("{path} of {name}", { path: pathTitle(path), name: camera.name || camera.id }), "data-path": path.path });
    pictureInto(img, camera.id, path.path, { w: WIDTH }, app.signal)
      .then(({ digest }) => { digests.set(path.path, digest); eye.observe(img); })
      .catch((error) => { if (!app.signal.aborted) trouble.append(notice(error)); });
    return el("figure", { class: path.old ? "shot old" : "shot" }, el("div", { class: "sheet" }, img, outlines(camera)),
      el("figcaption", null, el("b", null, pathTitle(path)), " ", age(path.age_s, path.path.startsWith("playback")), verdictList(path.verdicts)));
  });
  const without = camera.paths.filter((path) => !path.picture);

  function tell() {
    const left = judged.length - seen.size;
    approveButton.setAttribute("aria-disabled", String(left > 0 || !camera.may_approve));
    state.textContent = camera.may_approve
      ? left > 0 ? t("{n} of {all} pictures were on the screen: scroll to the others.", { n: seen.size, all: judged.length }) : t("All {all} pictures were on the screen.", { all: judged.length })
      : camera.refusal;
  }

  async function approve() {
    trouble.replaceChildren();
    if (!camera.may_approve || seen.size < judged.length) { tell(); return; }
    if (camera.needs_reason && !why.value.trim()) {
      why.focus();
      state.textContent = t("Not every zone is proven hidden: say why it may stay so, then press Enter.");
      return;
    }
    try {
      await post(`${base}/mark`, { picture: Object.fromEntries(digests), why: why.value.trim() }, app.signal);
    } catch (error) {
      if (!app.signal.aborted) trouble.replaceChildren(notice(error, () => app.anew()));
      return;
    }
    state.textContent = t("Approved in Review, where it is saved. n goes to the next camera.");
    approveButton.setAttribute("aria-disabled", "true");
    if (document.activeElement === why) approveButton.focus(); // or the next key would be typed into the reason
    done(camera.id);
  }

  const said = camera.approval && t("Approved by {by} at {at}. {words}", { ...camera.approval, words: camera.approval.words ?? "" });
  const node = el("div", { class: "look" },
    el("div", { class: "shots" }, figures, without.map((path) => el("figure", { class: "shot" },
      el("div", { class: "nopicture" }, path.why || t("no picture")), el("figcaption", null, el("b", null, pathTitle(path)), verdictList(path.verdicts))))),
    el("div", { class: "panel approve" },
      said && el("p", null, said),
      camera.needs_reason && el("label", null, t("Why it may stay as it is"), why),
      el("p", { class: "row" }, approveButton), state, trouble));
  tell();

  return {
    node,
    stop: () => eye.disconnect(),
    key(event) {
      if (event.key !== "a") return false;
      approve();
      return true;
    },
  };
}

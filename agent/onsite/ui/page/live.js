// Fetches one path of one camera anew once a second: the next request only after the last picture is painted.
import { pictureInto, post } from "./api.js";

const EVERY_MS = 1000;

const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

// `told(answer, error)` after each picture. Returns a function that stops; a page that is hidden stops by itself.
export function live(img, camera, path, width, told, ended) {
  const ends = new AbortController();
  const stop = () => {
    if (ends.signal.aborted) return;
    ends.abort();
    document.removeEventListener("visibilitychange", hide);
    ended();
  };
  const hide = () => { if (document.hidden) stop(); };

  async function run() {
    while (!ends.signal.aborted) {
      const began = performance.now();
      try {
        const fresh = await post(`/api/camera/${encodeURIComponent(camera)}/live`, { path, w: width }, ends.signal);
        const shown = await pictureInto(img, camera, path, { w: width }, ends.signal);
        await painted();
        told({ ...fresh, picture: shown.digest || fresh.picture }, null);
      } catch (error) {
        if (!ends.signal.aborted) told(null, error);
        stop();
        return;
      }
      await new Promise((done) => setTimeout(done, Math.max(0, EVERY_MS - (performance.now() - began))));
    }
  }

  document.addEventListener("visibilitychange", hide);
  run();
  return stop;
}

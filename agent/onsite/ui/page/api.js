// Asks the program behind the page. The token lives in this module's memory alone: no cookie, no storage.
import { language, t } from "./words.js";

let token = null;
let onLost = () => {};

// What was refused, in words for people: what happened, and what to do next.
export class Refusal extends Error {
  constructor(status, { message, next, reason } = {}) {
    super(message || t("It was refused."));
    Object.assign(this, { status, next: next ?? "", reason: reason ?? "" });
  }
}

export const whenLost = (call) => { onLost = call; };

async function ask(path, { body, signal } = {}) {
  const headers = token ? { "X-Lang": language(), Authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method: body === undefined ? "GET" : "POST", headers, signal, cache: "no-store", credentials: "omit",
      redirect: "error", body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal(0, { message: t("camwarden ui does not answer."), next: t("See whether it still runs, and start it again.") });
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 401 && token) { token = null; onLost(); }
  throw new Refusal(answer.status, { ...said.error, reason: said.reason });
}

export const get = async (path, signal) => (await ask(path, { signal })).json();

export const post = async (path, body, signal) => (await ask(path, { body, signal })).json();

// The pictures of a camera are read anew each time; the blob's URL is gone as soon as the picture is decoded.
// `how`: {w: pixels}, or {black: 1} for the small one in which all that is not proven hidden is black.
export async function pictureInto(img, camera, path, how, signal) {
  const query = new URLSearchParams(how);
  const at = `/api/camera/${encodeURIComponent(camera)}/picture/${encodeURIComponent(path)}?${query}`;
  const answer = await ask(at, { signal });
  await blobInto(img, await answer.blob());
  return { digest: answer.headers.get("X-Picture") ?? "", takenAt: answer.headers.get("X-Taken-At") ?? "" };
}

export async function blobInto(img, blob) {
  const url = URL.createObjectURL(blob);
  try {
    img.src = url;
    await img.decode();
  } finally {
    URL.revokeObjectURL(url);
  }
}

// Hands a file of the program to the browser's downloads.
export async function download(path, name) {
  const answer = await ask(path);
  const said = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = said?.[1] ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// Trades the one-time code for the token. Returns who is at work, or throws the refusal.
export async function open(code) {
  const said = await post("/api/session", { code });
  token = said.token;
  return said;
}

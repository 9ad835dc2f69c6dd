// Says the texts of the page in the reader's language. English is the source, and the key of the other tables.

let table = {};
let spoken = "en";

export async function speak(lang) {
  spoken = lang === "zh_CN" ? lang : "en";
  table = spoken === "zh_CN" ? (await import("./words_zh.js")).default : {};
  document.documentElement.lang = spoken === "zh_CN" ? "zh-CN" : "en";
}

export const language = () => spoken;

export const t = (text, values = {}) => (table[text] ?? text).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

// A share 0..1 in per cent; one that is not nothing never reads as 0.0.
export function percent(share) {
  const shown = share > 0 && share < 0.0005 ? "< 0.1" : (share * 100).toFixed(1);
  return t("{n} %", { n: shown });
}

export function ageWords(seconds) {
  if (seconds < 60) return t("{n} s old", { n: Math.floor(seconds) });
  if (seconds < 3600) return t("{n} min old", { n: Math.floor(seconds / 60) });
  if (seconds < 172800) return t("{n} h old", { n: Math.floor(seconds / 3600) });
  return t("{n} days old", { n: Math.floor(seconds / 86400) });
}

export const statusWords = (status) => ({
  pass: t("pass"), warn: t("warn"), fail: t("fail"), unknown: t("unknown"), not_applicable: t("not applicable"),
})[status] ?? status;

export const verdictWords = (verdict) => ({
  PASS: t("hidden"), FAIL: t("not hidden"), UNSURE: t("cannot be told"),
})[verdict] ?? t("not looked at");

export const verdictTone = (verdict) => ({ PASS: "pass", FAIL: "fail" })[verdict] ?? "unknown";

// In the order of harm, for the worst of several.
export const worst = (verdicts) =>
  ["FAIL", "UNSURE", "PASS"].find((one) => verdicts.some((given) => given.verdict === one)) ?? "";

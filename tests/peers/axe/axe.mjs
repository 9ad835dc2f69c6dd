// Open HTML files in Chromium and print, as JSON, what axe-core finds wrong with each: {file: [{id, impact, targets}]}.
// Each is looked at as on a desk in the light, and as on a telephone in the dark.
// The pages forbid scripts by their own policy, so axe runs in a world of its own, past that policy.
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { readFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [executablePath, ...files] = process.argv.slice(2);
const userDataDir = mkdtempSync(join(tmpdir(), "camwarden-axe-"));
const browser = await puppeteer.launch({
  executablePath,
  userDataDir,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const looks = [{ width: 1200, scheme: "light" }, { width: 360, scheme: "dark" }];
const found = {};
try {
  for (const file of files) {
    const page = await browser.newPage();
    await page.setBypassCSP(true);
    await page.goto(pathToFileURL(file).href);
    await page.evaluate(source);
    found[file] = [];
    for (const { width, scheme } of looks) {
      await page.setViewport({ width, height: 900 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      const { violations } = await page.evaluate(() => window.axe.run());
      found[file].push(...violations.map(({ id, impact, nodes }) =>
        ({ id, impact, look: `${width} px, ${scheme}`, targets: nodes.map((n) => n.target.join(" ")).slice(0, 5) })));
    }
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(userDataDir, { recursive: true, force: true });
}
console.log(JSON.stringify(found));

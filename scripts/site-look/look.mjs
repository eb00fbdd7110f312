// Opens every page of the site at 400 and 1,200 pixels, dark and light; ends with an error where a page is wider than the window, a picture does not show, or
// text stands on a ground too near to its own colour.

import { chromium } from "playwright-core";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

const site = process.argv[2];
const out = process.env.OUT;
mkdirSync(out, { recursive: true });

function pages(folder) {
  return readdirSync(folder).sort().flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return path === join(site, "javadoc") ? [] : pages(path);
    return name.endsWith(".html") ? [path] : [];
  });
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const problems = [];
let seen = 0;
for (const width of [400, 1200]) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
    const page = await context.newPage();
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) problems.push("outside: " + request.url());
    });
    for (const file of pages(site)) {
      const name = relative(site, file);
      await page.goto(pathToFileURL(file).href);
      const found = await page.evaluate(async () => {
        const said = [];
        if (document.documentElement.scrollWidth > window.innerWidth) {
          const wide = [...document.querySelectorAll("main *")].find((e) => e.getBoundingClientRect().right > window.innerWidth + 1 && !e.closest("pre, table"));
          said.push("is " + document.documentElement.scrollWidth + " wide: " + (wide ? wide.outerHTML.slice(0, 120) : "?"));
        }
        for (const image of document.querySelectorAll("img")) {
          image.loading = "eager";
          await image.decode().catch(() => said.push("does not show " + image.getAttribute("src")));
          if (!image.alt) said.push("has no words for " + image.getAttribute("src"));
        }
        const light = (colour) => {
          const [r, g, b] = colour.match(/[\d.]+/g).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const paper = light(getComputedStyle(document.body).backgroundColor);
        for (const tag of ["main p", "main a", "main code", ".menu a", ".side a", ".side p", "h1"]) {
          const element = document.querySelector(tag);
          if (!element) continue;
          const ink = light(getComputedStyle(element).color);
          const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
          if (contrast < 4.5) said.push(tag + " has a contrast of " + contrast.toFixed(1));
        }
        return said;
      });
      seen++;
      found.forEach((what) => problems.push(`${name} at ${width} ${colorScheme}: ${what}`));
      const wanted = /^(index|gallery|first-steps|from-python|code|packages|performance|specs|families\/(index|gan|diffusion|forecast|transformer))\.html$/;
      if (wanted.test(name) && (colorScheme === "light" || /^(index|families\/gan)\.html$/.test(name))) {
        await page.screenshot({ path: join(out, `${name.replaceAll("/", "-").replace(".html", "")}-${width}-${colorScheme}.png`), fullPage: false });
      }
    }
    await context.close();
  }
}
await browser.close();
problems.forEach((problem) => console.error(problem));
console.log(`${seen} looks, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);

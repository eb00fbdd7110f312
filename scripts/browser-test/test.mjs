// Walks through the page of `sampo serve`; ends with an error where something is not as it should be.

import { chromium } from "playwright-core";
import assert from "node:assert/strict";

const url = process.argv[2];
const out = process.env.OUT;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
let passed = 0;

async function open(scheme, size = { width: 1100, height: 800 }) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: size });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) problems.push("outside: " + request.url());
  });
  await page.goto(url + "/");
  await page.waitForFunction(() => document.querySelector("#chat-model").options.length > 0);
  return { page, problems, context };
}

async function step(name, work) {
  await work();
  passed++;
  console.log("ok   " + name);
}

for (const scheme of ["light", "dark"]) {
  const { page, problems, context } = await open(scheme);
  const shot = (name) => page.screenshot({ path: `${out}/${scheme}-${name}.png` });

  await step(`${scheme}: an empty page says what to do`, async () => {
    assert.match(await page.locator("#chat-log").getAttribute("data-empty"), /streams/);
    await shot("empty");
  });

  await step(`${scheme}: a conversation streams, by keyboard alone`, async () => {
    await page.locator("#chat-seed").fill("3");
    await page.locator("#chat-tokens").fill("60");
    await page.locator("#chat-probs").check();
    await page.locator("#chat-text").focus();
    await page.keyboard.type("And the LORD spake unto Moses, saying,");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /written/.test(document.querySelector("#chat-status").textContent));
    const turns = await page.locator(".turn").allTextContents();
    assert.equal(turns.length, 2);
    assert.ok(turns[1].length > 40, turns[1]);
  });

  await step(`${scheme}: the pointer and the arrow keys show what else a token could have been`, async () => {
    await page.locator(".token").nth(4).hover();
    assert.ok(await page.locator("#tip").isVisible());
    assert.ok((await page.locator("#tip tr").count()) >= 5);
    await shot("chances");
    await page.locator("#chat-log").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    assert.ok(await page.locator("#tip").isVisible());
  });

  await step(`${scheme}: Stop ends an answer, and what was there stays`, async () => {
    await page.locator("#chat-mode").selectOption("plain");
    await page.locator("#chat-tokens").fill("240");
    await page.locator("#chat-text").fill("In the beginning");
    await page.locator("#chat-send").click();
    await page.waitForFunction(() => document.querySelectorAll(".turn .token").length > 3);
    await page.locator("#chat-stop").click();
    await page.waitForFunction(() => /stopped/.test(document.querySelector(".turn:last-child .note")?.textContent));
    assert.ok(await page.locator("#chat-send").isEnabled());
    const active = async () => /sampo_running\{model="scripture-gpt"\} 0/.test(await (await fetch(url + "/metrics")).text());
    for (let i = 0; i < 50 && !(await active()); i++) await page.waitForTimeout(50);
    assert.ok(await active(), "the server wrote on");
    await shot("stopped");
  });

  await step(`${scheme}: a translation shows where it looked`, async () => {
    await page.locator("#chat-model").selectOption("numbers-en-fr");
    await page.locator("#chat-text").fill("eighty-one");
    await page.locator("#chat-text").press("Enter");
    await page.locator(".looked").waitFor();
    assert.equal(await page.locator("#problem").isVisible(), false);
    await page.locator(".looked .written .token").nth(1).hover();
    const shaded = await page.locator(".looked .source span").evaluateAll((all) => all.filter((each) => each.style.background).length);
    assert.ok(shaded > 0);
    await shot("looked");
    await page.locator("#chat-model").selectOption("scripture-gpt");
  });

  await step(`${scheme}: an error of the server is shown`, async () => {
    await page.locator("#chat-text").fill("and the LORD ".repeat(200));
    await page.locator("#chat-send").click();
    await page.locator("#problem").waitFor();
    assert.match(await page.locator("#problem").textContent(), /tokens/);
    problems.length = 0; // the browser notes the 400 itself
  });

  await step(`${scheme}: pictures come with the settings that make them again`, async () => {
    await page.locator("#tab-chat").focus();
    await page.keyboard.press("ArrowRight");
    assert.ok(await page.locator("#panel-pictures").isVisible());
    await page.locator("#pictures-model").selectOption("digits-gan");
    await page.locator("#pictures-prompt").fill("7");
    await page.locator("#pictures-make").click();
    await page.locator(".card").waitFor();
    const first = await page.locator(".card img").evaluateAll((all) => all.map((each) => each.src));
    await page.locator("#pictures-model").selectOption("digits-diffusion");
    await page.locator("#pictures-prompt").fill("3, 5");
    await page.locator("#pictures-steps").fill("10");
    await page.locator("#pictures-count").fill("2");
    await page.locator("#pictures-make").click();
    await page.waitForFunction(() => document.querySelectorAll(".card").length === 2);
    assert.equal(await page.locator(".card").first().locator("img").count(), 2);
    await page.locator(".card").nth(1).getByRole("button").click();
    await page.locator("#pictures-make").click();
    await page.waitForFunction(() => document.querySelectorAll(".card").length === 3);
    const again = await page.locator(".card").first().locator("img").evaluateAll((all) => all.map((each) => each.src));
    assert.deepEqual(again, first);
    await shot("pictures");
  });

  await step(`${scheme}: sliders change the picture, by keyboard`, async () => {
    await page.locator("#tab-latents").click();
    const src = () => page.locator("#latents-picture").getAttribute("src");
    await page.waitForFunction(() => document.querySelector("#latents-picture").src.startsWith("data:"));
    const before = await src();
    await page.locator("#sliders input").first().focus();
    for (let i = 0; i < 60; i++) await page.keyboard.press("ArrowRight");
    await page.waitForFunction((old) => document.querySelector("#latents-picture").src !== old, before);
    await page.locator("#latents-model").selectOption("digits-vae");
    await page.waitForFunction(() => document.querySelectorAll("#sliders input").length === 16);
    await page.waitForTimeout(300);
    await shot("latents");
  });

  await step(`${scheme}: nothing failed, and nothing was asked of elsewhere`, async () => {
    assert.deepEqual(problems, []);
  });
  await context.close();
}

{
  const { page, context } = await open("light", { width: 390, height: 800 });
  await step("narrow: nothing is wider than the screen", async () => {
    for (const tab of ["chat", "pictures", "latents"]) {
      await page.locator("#tab-" + tab).click();
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${out}/narrow-${tab}.png` });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${tab} is ${wide} px too wide`);
    }
  });
  await context.close();
}

await browser.close();
console.log(`${passed} steps passed`);

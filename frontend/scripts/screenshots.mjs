/**
 * Takes a picture of each view, light and dark, on a desktop and on a phone, of a running Galley:
 *   GALLEY_URL=http://127.0.0.1:8000 GALLEY_PASSWORD=... npm run screenshots [folder]
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const url = process.env.GALLEY_URL ?? "http://127.0.0.1:8000";
const folder = process.argv[2] ?? fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
const who = { username: process.env.GALLEY_USERNAME ?? "admin", password: process.env.GALLEY_PASSWORD ?? "" };
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const subjects = await prepare();
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await picture({ colorScheme, size, viewport }, subjects);
    }
  }
} finally {
  await browser.close();
}

/** A run whose checks find something at several places of its first text. */
async function runWithFindings(page) {
  const { access_token: token } = await (await page.request.post(`${url}/auth/login`, { data: who })).json();
  const headers = { Authorization: `Bearer ${token}` };
  const checks = [
    { check: "forbidden_phrases", phrases: ["a lost connection costs nothing", "not by a second opinion"] },
    { check: "headings", max: 3, levels: [1, 2] },
  ];
  const inputs = { topic: "How a text is proof-read" };
  const data = { prompt: "blog-post", inputs, checks, limits: { attempts: 2 } };
  const run = await (await page.request.post(`${url}/run`, { data, headers })).json();
  return run.run_id;
}

/** Make the runs that the pictures show; returns their ids. */
async function prepare() {
  const page = await open({ viewport: SIZES.desktop });
  await logIn(page);
  const ids = [await runWithFindings(page)];
  for (const topic of ["How to choose a desk lamp that does not tire your eyes", "Repairing an oak chair at home"]) {
    await page.goto(`${url}/#/`);
    await generate(page, topic);
    await page.getByRole("region", { name: "Output" }).waitFor({ timeout: 120_000 });
    ids.push(page.url().split("/").at(-1));
  }
  await page.context().close();
  return ids;
}

async function picture({ colorScheme, size, viewport }, [found, one, other]) {
  const page = await open({ viewport, colorScheme, isMobile: size === "phone", hasTouch: size === "phone" });
  const shoot = async (view) => {
    await page.evaluate(() => document.activeElement?.blur());
    await page.screenshot({ path: `${folder}/${view}-${size}-${colorScheme}.png` });
    console.log(`${view}-${size}-${colorScheme}.png`);
  };
  await page.goto(url);
  await page.getByLabel("Username").waitFor();
  await shoot("login");
  await logIn(page);
  await shoot("write");
  await generate(page, "A walk through a printing house");
  await page.waitForTimeout(3500);
  await shoot("writing");
  await show(page, "#/live", page.locator(".live-strip").first());
  await page.waitForTimeout(800);
  await shoot("live");
  await show(page, `#/runs/${one}`, page.getByRole("region", { name: "Output" }));
  await shoot("output");
  await show(page, `#/runs/${found}`, page.getByRole("region", { name: "Output" }));
  await page.getByRole("region", { name: "Draft" }).evaluate((draft) => draft.scrollIntoView());
  await shoot("findings");
  await show(page, `#/runs/${one}`, page.getByRole("region", { name: "Output" }));
  await page.getByRole("button", { name: "Attempt 2" }).click();
  await page.getByRole("button", { name: "Changes" }).click();
  await page.getByRole("region", { name: "Draft" }).evaluate((draft) => draft.scrollIntoView());
  await page.waitForTimeout(300);
  await shoot("changes");
  await show(page, "#/history", page.locator(".run-row").first());
  await shoot("history");
  await show(page, `#/compare/${one}/${other}`, page.getByRole("region", { name: "Second run" }));
  await shoot("compare");
  await show(page, "#/prompts", page.locator(".card").first());
  await shoot("prompts");
  await show(page, "#/prompts/blog-post", page.getByRole("button", { name: "Edit" }));
  await shoot("prompt");
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByRole("region", { name: "Preview" }).waitFor();
  await page.waitForTimeout(600);
  await shoot("editor");
  await page.context().close();
}

async function open(options) {
  const context = await browser.newContext({ deviceScaleFactor: 1, locale: "en-GB", ...options });
  return context.newPage();
}

async function logIn(page) {
  await page.goto(url);
  await page.getByLabel("Username").fill(who.username);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByLabel("Topic").waitFor();
}

async function generate(page, topic) {
  await page.getByLabel("Prompt", { exact: true }).selectOption("blog-post");
  await page.getByLabel("Topic").fill(topic);
  await page.getByRole("button", { name: "Generate" }).click();
  await page.waitForURL(/#\/runs\//);
}

async function show(page, hash, awaited) {
  await page.goto(`${url}/${hash}`);
  await awaited.waitFor();
  await page.evaluate(() => window.scrollTo(0, 0));
}

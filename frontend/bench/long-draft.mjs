/**
 * Streams a 20,000-word draft into the built page, and into a peer that renders the whole text again in every frame;
 * prints both and their ratio, and writes benchmarks/results/page.json. Figures are of the browser's own trace.
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startStub, writeDraft } from "./stub.mjs";
import { traceTasks } from "./trace.mjs";

const WORDS = Number(process.env.WORDS ?? 20_000);
const SECONDS = Number(process.env.SECONDS ?? 20);
const LONG_MS = 50;
const RESULT = fileURLToPath(new URL("../../benchmarks/results/page.json", import.meta.url));

const draft = writeDraft(WORDS);
const stub = await startStub({ draft, seconds: SECONDS });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const galley = await measure("Galley's page", streamIntoPage);
  const naive = await measure("whole text each frame", streamIntoPeer);
  const ratio = naive.busy_ms / galley.busy_ms;
  console.log(`The peer's main thread is busy ${ratio.toFixed(1)} times as long.`);
  const result = {
    words: WORDS,
    seconds: SECONDS,
    browser: browser.version(),
    cpu: `${cpus().length} x ${cpus()[0]?.model}`,
    measured_at: new Date().toISOString(),
    galley,
    naive,
    busy_ratio: Number(ratio.toFixed(2)),
  };
  await writeFile(RESULT, `${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = galley.tasks_over_50_ms_cpu > 0 ? 1 : 0;
} finally {
  await browser.close();
  stub.stop();
}

async function measure(name, stream) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  const { first_paint_ms, tasks } = await stream(page);
  await page.context().close();
  // Starting is not streaming: the first second is left out, as for every page.
  const later = tasks.filter(({ at }) => at > 1000);
  const figures = {
    ...(first_paint_ms === null ? {} : { first_paint_ms: Math.round(first_paint_ms) }),
    busy_ms: Math.round(tasks.reduce((sum, { cpu }) => sum + cpu, 0)),
    longest_task_ms: Number(Math.max(0, ...later.map(({ wall }) => wall)).toFixed(1)),
    longest_task_ms_cpu: Number(Math.max(0, ...later.map(({ cpu }) => cpu)).toFixed(1)),
    tasks_over_50_ms: later.filter(({ wall }) => wall > LONG_MS).length,
    tasks_over_50_ms_cpu: later.filter(({ cpu }) => cpu > LONG_MS).length,
  };
  const slowest = later.toSorted((one, other) => other.cpu - one.cpu).slice(0, 5);
  console.log(name, figures, "slowest:", slowest.map(({ at, cpu }) => `${Math.round(cpu)} ms at ${Math.round(at)}`).join(", "));
  return figures;
}

async function streamIntoPage(page) {
  await page.goto(stub.url);
  await page.getByLabel("Username").fill("bench");
  await page.getByLabel("Password").fill("bench");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByLabel("Topic").fill("A long text");
  const first_paint_ms = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
  );
  const tasks = await traceTasks(page, async () => {
    await page.getByRole("button", { name: "Generate" }).click();
    await page.locator('section[aria-label="Draft"][aria-busy="false"] .proof').waitFor({ timeout: SECONDS * 4000 });
  });
  const shown = await page.locator(".proof").first().evaluate((proof) => proof.textContent.length);
  if (shown < draft.length * 0.8) throw new Error(`Only ${shown} characters are shown of ${draft.length}.`);
  return { first_paint_ms, tasks };
}

async function streamIntoPeer(page) {
  const tasks = await traceTasks(page, async () => {
    await page.goto(`${stub.url}/naive/index.html`);
    await page.waitForFunction(() => document.title === "done", null, { timeout: SECONDS * 10_000 });
  });
  return { first_paint_ms: null, tasks };
}

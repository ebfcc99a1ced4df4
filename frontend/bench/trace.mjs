/** The main thread's tasks, from the browser's own trace. */

/** Trace the page while `action` runs; returns the tasks of its main thread, in milliseconds. */
export async function traceTasks(page, action) {
  const browser = await page.context().browser().newBrowserCDPSession();
  const events = [];
  browser.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const categories = ["toplevel", "disabled-by-default-devtools.timeline", "devtools.timeline", "__metadata"];
  await browser.send("Tracing.start", { traceConfig: { includedCategories: categories }, transferMode: "ReportEvents" });
  await action();
  const complete = new Promise((resolve) => browser.once("Tracing.tracingComplete", resolve));
  await browser.send("Tracing.end");
  await complete;
  await browser.detach();
  return tasksOf(events);
}

function tasksOf(events) {
  const names = new Map();
  for (const { name, pid, tid, args } of events) {
    if (name === "thread_name") names.set(`${pid}:${tid}`, args.name);
  }
  const tasks = events.filter(
    ({ name, ph, pid, tid }) => ph === "X" && name === "ThreadControllerImpl::RunTask" && names.get(`${pid}:${tid}`) === "CrRendererMain",
  );
  const byProcess = groupByPid(tasks);
  const busiest = [...byProcess.values()].sort((one, other) => sum(other) - sum(one))[0] ?? [];
  const first = Math.min(...busiest.map(({ ts }) => ts));
  return busiest.map(({ ts, dur = 0, tdur = dur }) => ({ at: (ts - first) / 1000, wall: dur / 1000, cpu: tdur / 1000 }));
}

function groupByPid(tasks) {
  const groups = new Map();
  for (const task of tasks) groups.set(task.pid, [...(groups.get(task.pid) ?? []), task]);
  return groups;
}

function sum(tasks) {
  return tasks.reduce((total, { dur = 0 }) => total + dur, 0);
}

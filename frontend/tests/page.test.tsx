import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { beforeEach, describe, expect, test } from "vitest";
import { Login } from "../src/app/Login";
import { NoticeList } from "../src/app/NoticeList";
import type { EventData, PromptDescription } from "../src/client/index";
import { useCatalogue } from "../src/run/catalogue";
import { RunPage } from "../src/run/RunPage";
import { foldEvent, forgetRuns, changeView, paint, setConnection } from "../src/run/store";
import type { RunView } from "../src/run/view";

const RUN = "0190a2b4-5c6d-4e7f-8a9b-0c1d2e3f4a5b";
const PIN = { name: "note", version: 1, hash: "0" };
const NOTE: PromptDescription = {
  ...PIN,
  title: "Note",
  description: "A few words.",
  labels: [],
  published_at: "2026-01-01T00:00:00Z",
  author: "ann",
  inputs: {
    type: "object",
    required: ["topic"],
    properties: { topic: { type: "string", title: "Topic", description: "Say what about.", minLength: 2 } },
  },
  output_format: "markdown",
  output_schema: null,
  checks: [],
  limits: { attempts: 3 },
  model: null,
  samples: [{ topic: "tea" }],
  main_input: "topic",
  source: null,
} as unknown as PromptDescription;

beforeEach(() => {
  forgetRuns();
  useCatalogue.setState({
    prompts: [NOTE],
    models: [{ id: "sample", title: "Sample", is_default: true, price: null }],
    descriptions: { note: NOTE },
    fault: null,
  });
});

let seq = 0;

/** Let the run tell of these events, and paint. */
function tell(...events: object[]): void {
  act(() => {
    for (const facts of events) {
      seq += 1;
      foldEvent({ run_id: RUN, seq, time: "2026-01-01T00:00:00.000Z", ...facts } as EventData);
    }
    paint();
  });
}

function showRun() {
  seq = 0;
  // A request makes it a run of this page: nothing has to be asked of the server.
  changeView(RUN, { request: { prompt: "note", inputs: { topic: "Tea" } } as unknown as RunView["request"], attemptLimit: 3 });
  tell({ type: "run", status: "queued", prompt: PIN, model: "sample" });
  return render(
    <main>
      <RunPage runId={RUN} prompt={null} />
      <NoticeList />
    </main>,
  );
}

const PROGRESS = { type: "progress", stage: "generator", message: "Generating...", progress: 30, attempt: 1 };
const DELTA = { type: "delta", stage: "generator", attempt: 1, text: "# Tea\n\nIs hot.", offset: 0 };
const DRAFT = { type: "draft", stage: "generator", message: "", progress: 50, draft: "# Tea\n\nIs hot.", attempt: 1, truncated: false };
const TEXT = { type: "text", stage: "formatter", attempt: 1, text: "# Tea\n\nIs hot.\n", format: "markdown", truncated: false };
const FOUND = {
  type: "findings",
  attempt: 1,
  passed: false,
  findings: [{ check: "words", message: "has 3 words; write at least 80.", where: { line: 3, column: 1, quote: "Is hot." } }],
};
const COMPLETE = { type: "complete", success: true, output: "# Tea\n\nIs quite hot.\n", metadata: { limit: null } };

async function seriousIn(container: Element): Promise<string[]> {
  // Colours need a real browser; the browser tests look at them.
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, help }) => `${id}: ${help}`);
}

describe("a run", () => {
  test("has one progress bar, which says the stage and the percent", () => {
    showRun();
    tell(PROGRESS);

    const bar = screen.getByRole("progressbar");
    expect([bar.getAttribute("aria-valuenow"), bar.getAttribute("aria-valuetext")]).toEqual(["30", "Writing, 30 percent"]);
  });

  test("shows its draft while it grows, and lets it be copied and saved already", () => {
    showRun();
    tell(PROGRESS, DELTA);

    const draft = screen.getByRole("region", { name: "Draft" });
    expect(draft.getAttribute("aria-busy")).toBe("true");
    expect(within(draft).getByRole("heading", { name: "Tea" })).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Copy draft" }).disabled).toBe(false);
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Download draft" }).disabled).toBe(false);
  });

  test("does not read the growing text out", () => {
    showRun();
    tell(PROGRESS, DELTA);

    const draft = screen.getByRole("region", { name: "Draft" });
    expect(draft.closest("[aria-live]")).toBeNull();
    expect(draft.querySelector("[aria-live],[role=status],[role=log]")).toBeNull();
    expect(screen.getByRole("status").textContent).toBe("Queued");
  });

  test("marks a finding in the text and says it in the margin", () => {
    const { container } = showRun();
    tell(PROGRESS, DELTA, DRAFT, TEXT, FOUND);

    expect(container.querySelector("mark")?.textContent).toBe("Is hot.");
    expect(screen.getByRole("list", { name: "Findings (1)" }).textContent).toContain("The text has 3 words; write at least 80.");
  });

  test("ends with its output beside the draft", () => {
    showRun();
    tell(PROGRESS, DELTA, DRAFT, TEXT, COMPLETE);

    const output = screen.getByRole("region", { name: "Output" });
    expect(output.textContent).toContain("Is quite hot.");
    expect(screen.getByRole("region", { name: "Draft" }).textContent).toContain("Is hot.");
    for (const name of ["Copy draft", "Download draft", "Copy output", "Download output"]) {
      expect(screen.getByRole("button", { name })).toBeTruthy();
    }
    expect(screen.queryByRole("button", { name: "Cancel run" })).toBeNull();
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("100");
  });

  test("that failed says what happened, what to do and which run it was, as an alert", () => {
    showRun();
    tell(PROGRESS, DELTA, { type: "error", code: "provider_cut", message: "The answer was cut.", retryable: true, stage: "generator", draft: "# Tea", metadata: {} });

    const alert = screen.getByRole("alert");
    expect(alert.textContent).toContain("The answer was cut. Run it again; the text so far is kept.");
    expect(alert.textContent).toContain(RUN);
    expect(screen.getByRole("region", { name: "Draft" }).textContent).toContain("Is hot.");
  });

  test("whose connection is cut says so and can be tried again at once", async () => {
    showRun();
    tell(PROGRESS);
    let tries = 0;
    act(() => {
      setConnection(RUN, {
        state: "waiting",
        reconnect: { attempt: 3, reason: "cut", delay_seconds: 8, retry: () => (tries += 1) },
      });
    });

    await userEvent.click(screen.getByRole("button", { name: "Retry now" }));

    expect(tries).toBe(1);
    expect(screen.getByText(/again in 8 s/).textContent).toContain("attempt 3");
  });

  test("has no serious fault for assistive technology, live or over", async () => {
    const { container } = showRun();
    tell(PROGRESS, DELTA, DRAFT, TEXT, FOUND);
    expect(await seriousIn(container)).toEqual([]);

    tell(COMPLETE);
    expect(await seriousIn(container)).toEqual([]);
  });
});

describe("the ticket", () => {
  test("has the schema's titles as labels, and a switch that is on", async () => {
    const { container } = render(<RunPage runId={null} prompt="note" />);

    expect(screen.getByLabelText("Prompt").tagName).toBe("SELECT");
    expect(screen.getByLabelText("Topic").getAttribute("aria-describedby")).toBe("input-topic-hint");
    expect(screen.getByRole<HTMLInputElement>("switch", { name: "Streaming mode" }).checked).toBe(true);
    expect(await seriousIn(container)).toEqual([]);
  });

  test("says beside the field what is wrong, and starts nothing", async () => {
    render(<RunPage runId={null} prompt="note" />);

    await userEvent.click(screen.getByRole("button", { name: "Generate" }));

    expect(screen.getByText("Fill this in.")).toBeTruthy();
    expect(screen.getByLabelText("Topic").getAttribute("aria-invalid")).toBe("true");
    expect(window.location.hash).toBe("");
  });

  test("remembers that streaming was switched off", async () => {
    const first = render(<RunPage runId={null} prompt="note" />);
    await userEvent.click(screen.getByRole("switch", { name: "Streaming mode" }));
    first.unmount();

    render(<RunPage runId={null} prompt="note" />);

    expect(screen.getByRole<HTMLInputElement>("switch", { name: "Streaming mode" }).checked).toBe(false);
  });

  test("fills in a sample", async () => {
    render(<RunPage runId={null} prompt="note" />);

    await userEvent.click(screen.getByRole("button", { name: "Fill in a sample" }));

    expect(screen.getByLabelText<HTMLTextAreaElement>("Topic").value).toBe("tea");
  });
});

test("the log-in has its names, and no serious fault", async () => {
  const { container } = render(<Login lastUser={null} />);

  expect(screen.getByLabelText("Username")).toBe(document.activeElement);
  expect(screen.getByLabelText("Password").getAttribute("type")).toBe("password");
  expect(screen.getByRole("button", { name: "Log in" })).toBeTruthy();
  expect(await seriousIn(container)).toEqual([]);
});

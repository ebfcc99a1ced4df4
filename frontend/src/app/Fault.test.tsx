import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { Fault } from "./Fault";

function Broken(): never {
  throw new Error("the view's file is gone");
}

test("a view that breaks leaves words and a way on", () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  render(
    <Fault>
      <Broken />
    </Fault>,
  );

  expect(screen.getByRole("alert").textContent).toContain("Your runs are safe");
  expect(screen.getByRole("button", { name: "Load again" })).toBeTruthy();
  said.mockRestore();
});

test("a view that does not is shown as it is", () => {
  render(<Fault>text</Fault>);

  expect(screen.getByText("text")).toBeTruthy();
});

test("another view is tried anew, and one that stays whole is not built again", () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { rerender } = render(
    <Fault at="history">
      <Broken />
    </Fault>,
  );
  rerender(
    <Fault at="new">
      <button>Generate</button>
    </Fault>,
  );
  const button = screen.getByRole("button", { name: "Generate" });
  rerender(
    <Fault at="run">
      <button>Generate</button>
    </Fault>,
  );

  expect(screen.getByRole("button", { name: "Generate" })).toBe(button);
  said.mockRestore();
});

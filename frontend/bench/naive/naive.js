/** The peer: renders and sanitises the whole draft again, once per frame, as chat pages commonly do. */
import { marked } from "/node_modules/marked/lib/marked.esm.js";
import DOMPurify from "/node_modules/dompurify/dist/purify.es.mjs";

const root = document.getElementById("draft");
let text = "";
let isPlanned = false;

const paint = () => {
  isPlanned = false;
  root.innerHTML = DOMPurify.sanitize(marked.parse(text));
  scrollTo(0, document.body.scrollHeight);
};

const source = new EventSource("/naive/events");
source.addEventListener("delta", ({ data }) => {
  text += JSON.parse(data).text;
  if (!isPlanned) requestAnimationFrame(paint);
  isPlanned = true;
});
source.addEventListener("draft", () => {
  source.close();
  requestAnimationFrame(() => requestAnimationFrame(() => (document.title = "done")));
});

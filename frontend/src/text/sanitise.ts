/**
 * From HTML that nobody vouches for to nodes that are safe to show: no script, no style, no form, no id, and nothing
 * that loads from elsewhere. It is the last step, after all rendering, and the only way for text to become elements.
 */
import DOMPurify from "dompurify";

const TAGS = (
  "a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 " +
  "h5 h6 hr i img ins kbd li mark ol p pre q s samp section small span strong sub summary sup table tbody td tfoot th " +
  "thead time tr u ul var article header footer main aside"
).split(" ");
const ATTRIBUTES = ["href", "title", "alt", "colspan", "rowspan", "start", "dir", "lang", "scope", "data-image", "open"];
const LINK = /^(?:https?:|mailto:)/i;

let isReady = false;

/** Return a fragment of nodes that are safe in this document. */
export function sanitise(html: string): DocumentFragment {
  if (!isReady) prepare();
  const found: DocumentFragment | null = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  // A text that begins with a frameset is a document without a body, and then there is nothing.
  // The page's own from here on: each document that is searched costs an index, and this one has its already.
  const fragment = document.adoptNode(found ?? document.createDocumentFragment());
  for (const image of fragment.querySelectorAll("img")) image.replaceWith(placeholderFor(image));
  for (const link of fragment.querySelectorAll("a")) guardLink(link);
  // What is wide scrolls by itself, which the keyboard can do only where the focus is.
  for (const wide of fragment.querySelectorAll<HTMLElement>("table, pre")) wide.tabIndex = 0;
  return fragment;
}

function prepare(): void {
  // An image loads as soon as it is imported into the document, so its address is taken away before that.
  DOMPurify.addHook("beforeSanitizeAttributes", (node) => {
    if (!(node instanceof Element) || node.tagName.toLowerCase() !== "img") return;
    node.setAttribute("data-image", node.getAttribute("src") ?? "");
    for (const name of ["src", "srcset", "sizes"]) node.removeAttribute(name);
  });
  isReady = true;
}

/** An image is a link to it: nothing is loaded until somebody clicks. */
function placeholderFor(image: HTMLImageElement): HTMLElement {
  const address = image.getAttribute("data-image") ?? "";
  const words = `Image: ${image.alt || "no description"}`;
  const place = document.createElement(LINK.test(address) ? "a" : "span");
  place.textContent = words;
  place.className = "image-place";
  if (place instanceof HTMLAnchorElement) place.href = address;
  return place;
}

/** Links lead out of the page only, in a tab of their own, and say nothing of where they were clicked. */
function guardLink(link: HTMLAnchorElement): void {
  const address = link.getAttribute("href") ?? "";
  if (!LINK.test(address)) {
    link.removeAttribute("href");
    return;
  }
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
}

// What runs before everything else in a page that is shown evil texts: it notes what they get done.
window.executed = [];
for (const name of ["alert", "confirm", "prompt", "print", "msgbox"]) window[name] = () => void executed.push(name);

// An address without a scheme is one that the browser can't read: it leads nowhere.
const LINK = /^(https?|mailto|):/;
const LOADING = "script, iframe, frame, object, embed, link, style, base, meta, form, input, video, audio, source, track, portal, svg image, svg use, svg script, math [href]";
// The page's own buttons, selects and icons stand outside of the texts.
const TEXTS = ".proof";

/** What is wrong with the texts that the document shows. */
window.findPoison = (root = document) => {
  const faults = [...root.querySelectorAll(LOADING)].map((element) => element.outerHTML);
  for (const element of root.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      const isLink = ["href", "xlink:href", "action", "formaction"].includes(name);
      const isLoading = ["src", "srcset", "srcdoc", "style", "background", "poster", "ping", "data", "is", "id", "name", "attributionsrc"].includes(name);
      if (name.startsWith("on") || isLoading || (isLink && !LINK.test(element.protocol ?? value))) faults.push(`${name}=${value}`);
    }
  }
  return faults;
};

window.findShownPoison = () => [...document.querySelectorAll(TEXTS)].flatMap((text) => findPoison(text));

/** The part of the page that makes text into elements, to be tried by itself. */
export { GrowingText } from "../../../frontend/src/text/growing";
export { sanitise } from "../../../frontend/src/text/sanitise";

/** With `localStorage.DEBUG_STREAMING = "true"`: the log of the streams, without secrets, as a file. */
import { debugLog } from "../client/index";
import { saveFile } from "../run/deliver";

export function DebugLog() {
  if (!isDebugging()) return null;
  return (
    <button
      type="button"
      className="quiet"
      onClick={() => saveFile("galley-streams.txt", "text/plain", debugLog.text())}
    >
      Stream log
    </button>
  );
}

function isDebugging(): boolean {
  try {
    return localStorage.getItem("DEBUG_STREAMING") === "true";
  } catch {
    return false;
  }
}

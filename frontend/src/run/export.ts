/** The files of a finished output, which the server makes: `GET /runs/{id}/output?format=`. */
import { api } from "../client/index";
import { fileName, saveFile } from "./deliver";
import type { RunView } from "./view";

export const EXPORT_FORMATS = ["md", "html", "txt", "json", "docx"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Download the output. Throws an ApiError where the server refuses. */
export async function saveOutput(view: RunView, format: ExportFormat): Promise<void> {
  const answer = await api.send(`/runs/${view.runId}/output?format=${format}`);
  const media = answer.headers.get("Content-Type") ?? "application/octet-stream";
  saveFile(fileName(view, "output", format), media.split(";")[0]!, await answer.blob());
}

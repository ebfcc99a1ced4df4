/** Copy and download of one text; of a text that is still growing too. */
import { useState } from "react";
import { note, warn } from "../app/notices";
import { explain } from "../app/words";
import { Icon } from "../design/Icon";
import { copyText } from "./deliver";

interface Props<Format extends string> {
  /** "draft" or "output": part of the buttons' names. */
  what: string;
  text: string | null;
  formats: readonly Format[];
  first: Format;
  onSave: (format: Format) => void | Promise<void>;
}

export function SheetActions<Format extends string>({ what, text, formats, first, onSave }: Props<Format>) {
  const [format, setFormat] = useState(first);
  const isEmpty = text === null || text === "";
  const copy = async () => {
    try {
      await copyText(text ?? "");
      note(`The ${what} is copied.`);
    } catch {
      warn("The browser gave no access to the clipboard. Allow it, or download the text.");
    }
  };
  const save = async () => {
    try {
      await onSave(format);
      note(`The ${what} is saved as .${format}.`);
    } catch (error) {
      warn(explain(error));
    }
  };
  return (
    <div className="actions">
      <button type="button" onClick={() => void copy()} disabled={isEmpty}>
        <Icon name="copy" />
        Copy {what}
      </button>
      <span className="joined">
        <button type="button" onClick={() => void save()} disabled={isEmpty}>
          <Icon name="download" />
          Download {what}
        </button>
        <select
          aria-label={`File format of the ${what}`}
          value={format}
          onChange={(event) => setFormat(event.target.value as Format)}
        >
          {formats.map((name) => (
            <option key={name} value={name}>{`.${name}`}</option>
          ))}
        </select>
      </span>
    </div>
  );
}

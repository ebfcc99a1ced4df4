/** The prompt sets on offer. */
import { addressOf } from "../app/route";
import { canEdit, useWho } from "../app/session";
import { explain } from "../app/words";
import { formatAgo, formatTime } from "../app/format";
import { useCatalogue } from "../run/catalogue";
import { NEW } from "./drafts";
import "../history/history.css";
import "./prompts.css";

export default function Prompts() {
  const { prompts, fault } = useCatalogue();
  const isEditor = canEdit(useWho((state) => state.user));
  return (
    <div className="prompts">
      <div className="view-head">
        <h1>Prompts</h1>
        {isEditor && <a href={addressOf.prompt(NEW)}>New prompt set</a>}
      </div>
      {fault !== null && <p className="fault">{explain(fault)}</p>}
      {prompts === null && fault === null && <p className="waiting">Loading prompt sets…</p>}
      {prompts?.length === 0 && (
        <div className="empty">
          <h2>No prompt sets yet</h2>
          <p>
            A prompt set says what to write, from which inputs, and what the text is checked for. It is one YAML file: put
            it into the folder of prompts, or write it here{isEditor ? "" : " with the role editor"}.
          </p>
        </div>
      )}
      <ul className="shelf">
        {prompts?.map((prompt) => (
          <li key={prompt.name} className="card">
            <h2>
              <a href={addressOf.prompt(prompt.name)}>{prompt.title}</a>
            </h2>
            <p>{prompt.description}</p>
            <p className="run-facts">
              <code>
                {prompt.name}@{prompt.version}
              </code>
              {prompt.labels.map((label) => (
                <span key={label} className="tag">
                  {label}
                </span>
              ))}{" "}
              · <time title={formatTime(prompt.published_at)}>{formatAgo(prompt.published_at)}</time>
            </p>
            <p>
              <a href={addressOf.use(prompt.name)} aria-label={`Write with it: ${prompt.title}`}>
                Write with it
              </a>
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}

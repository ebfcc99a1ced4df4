/** One prompt set: what it asks for and checks, and for editors its source, to edit, try and publish. */
import { useState } from "react";
import { formatTime } from "../app/format";
import { addressOf } from "../app/route";
import { canEdit, useWho } from "../app/session";
import { explain } from "../app/words";
import type { PromptDescription } from "../client/index";
import { Choice } from "../design/Choice";
import { useCatalogue, useDescription } from "../run/catalogue";
import { NEW, SPECIMEN } from "./drafts";
import { Editor } from "./Editor";
import { Overview } from "./Overview";
import { Versions } from "./Versions";
import "../history/history.css";
import "./prompts.css";

type Look = "overview" | "edit" | "versions";

export default function PromptPage({ reference }: { reference: string }) {
  const isNew = reference === NEW;
  const prompt = useDescription(isNew ? null : reference);
  const fault = useCatalogue((state) => state.fault);
  if (isNew) {
    return (
      <div className="prompt-page">
        <h1>New prompt set</h1>
        <Editor source={SPECIMEN} version={null} />
      </div>
    );
  }
  if (prompt === null) {
    return fault === null ? (
      <p className="waiting">Opening the prompt set…</p>
    ) : (
      <p className="fault" role="alert">
        {explain(fault)}
      </p>
    );
  }
  return <Opened key={prompt.hash + prompt.version} prompt={prompt} />;
}

function Opened({ prompt }: { prompt: PromptDescription }) {
  const isEditor = canEdit(useWho((state) => state.user)) && prompt.source !== null;
  const [look, setLook] = useState<Look>("overview");
  const looks: Look[] = isEditor ? ["overview", "edit", "versions"] : ["overview", "versions"];
  return (
    <div className="prompt-page">
      <div className="view-head">
        <div>
          <h1>{prompt.title}</h1>
          <p className="run-facts">
            <code>
              {prompt.name}@{prompt.version}
            </code>{" "}
            · published {formatTime(prompt.published_at)} by {prompt.author}
          </p>
        </div>
        <Choice
          label="Show"
          options={looks}
          words={{ overview: "Overview", edit: "Edit", versions: "Versions" }}
          chosen={look}
          onChoose={setLook}
        />
        <a href={addressOf.use(prompt.name)}>Write with it</a>
      </div>
      {look === "overview" && <Overview prompt={prompt} />}
      {look === "edit" && <Editor source={prompt.source ?? ""} version={prompt.version} />}
      {look === "versions" && <Versions prompt={prompt} canCompare={isEditor} />}
    </div>
  );
}

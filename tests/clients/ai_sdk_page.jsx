/** A page with useChat and useCompletion; a test says what to do by way of `window.page`. */
import { Chat, useChat, useCompletion } from "@ai-sdk/react";
import { DefaultChatTransport } from "ai";
import { createRoot } from "react-dom/client";

const { given } = window;
const headers = { Authorization: `Bearer ${given.token}` };
const body = { run: { prompt: "note" } };
const transport = new DefaultChatTransport({ api: "/ai-sdk", headers, body });
const chat = new Chat({ id: given.chat, transport, onFinish: (end) => end.isDisconnect && chat.resumeStream() });

const cancel = (run) => fetch(`/runs/${run}/cancel`, { method: "POST", headers });
const textOf = (message) => message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
const draftOf = (message) => message.parts.find((part) => part.type === "data-draft")?.data.text;

function Page() {
  const { messages, status, error } = useChat({ chat, resume: true });
  const completing = useCompletion({ api: "/ai-sdk", headers, body });
  window.page = { chat, cancel, complete: completing.complete };
  return (
    <>
      <p role="status">{status}</p>
      <p role="alert">{error?.message}</p>
      <section aria-label="Messages">
        {messages.map((message) => (
          <article key={message.id} id={message.id} className={message.role}>
            <p className="text">{textOf(message)}</p>
            <p className="draft">{draftOf(message)}</p>
          </article>
        ))}
      </section>
      <section aria-label="Completion">{completing.completion}</section>
      <section aria-label="Completion error">{completing.error?.message}</section>
    </>
  );
}

createRoot(document.body).render(<Page />);

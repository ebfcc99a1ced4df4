/** Says that the stream is cut while it is, and lets nobody wait for the next try. */
import { useEffect, useState } from "react";
import { Icon } from "../design/Icon";
import type { Connection } from "./store";

export function ConnectionBanner({ connection }: { connection: Connection }) {
  const { state, reconnect } = connection;
  if (reconnect === null || (state !== "waiting" && state !== "connecting")) return null;
  return (
    <div className="banner">
      <Icon name="offline" />
      <p>
        The connection is cut. The run goes on, and nothing is lost. {state === "waiting" ? "Trying" : "Trying now"}
        {state === "waiting" && <Countdown key={reconnect.attempt} seconds={reconnect.delay_seconds} />}, attempt{" "}
        {reconnect.attempt}.
      </p>
      <button type="button" onClick={reconnect.retry}>
        Retry now
      </button>
    </div>
  );
}

function Countdown({ seconds }: { seconds: number }) {
  const [left, setLeft] = useState(Math.ceil(seconds));
  useEffect(() => {
    const timer = setInterval(() => setLeft((before) => Math.max(0, before - 1)), 1000);
    return () => clearInterval(timer);
  }, []);
  return <> again in {left} s</>;
}

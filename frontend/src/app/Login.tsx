/** Logging in; over the page where a session ended in the middle of something. */
import { useEffect, useRef, useState } from "react";
import { session, type Me } from "../client/index";
import { explain } from "./words";

export function Login({ lastUser }: { lastUser: Me | null }) {
  const [username, setUsername] = useState(lastUser?.name ?? "");
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const second = useRef<HTMLInputElement>(null);
  useEffect(() => (lastUser === null ? first : second).current?.focus(), [lastUser]);

  const logIn = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await session.login(username, password);
    } catch (error) {
      setFault(explain(error));
      setBusy(false);
      second.current?.select();
    }
  };

  return (
    <main className={lastUser === null ? "login" : "login is-over"} id={lastUser === null ? "main" : undefined}>
      <div className="sheet login-sheet">
        <Masthead isBack={lastUser !== null} />
        <form onSubmit={(event) => void logIn(event)}>
          <div className="field">
            <label htmlFor="username">Username</label>
            <input
              id="username"
              ref={first}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              value={username}
              onChange={(event) => setUsername(event.target.value)}
            />
          </div>
          <div className="field">
            <label htmlFor="password">Password</label>
            <input
              id="password"
              ref={second}
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </div>
          {fault !== null && (
            <p className="fault" role="alert">
              {fault}
            </p>
          )}
          <button type="submit" className="main" disabled={isBusy}>
            {isBusy ? "Logging in…" : "Log in"}
          </button>
        </form>
      </div>
    </main>
  );
}

function Masthead({ isBack }: { isBack: boolean }) {
  return (
    <header>
      <h1 className="wordmark">Galley</h1>
      {isBack ? (
        <p>Your session is over. Log in again: your text stays, and runs go on meanwhile.</p>
      ) : (
        <p>
          Content that is <s>done</s> <ins>checked</ins> before it is final. On the first start, the terminal printed the
          password of <code>admin</code>.
        </p>
      )}
    </header>
  );
}

/** The head of the page: its name, where one can go, and who is there. */
import type { Me } from "../client/index";
import { Icon } from "../design/Icon";
import { useLiveCount } from "../run/store";
import { addressOf, type Route } from "./route";
import { leave } from "./session";
import { useTheme } from "./theme";
import { DebugLog } from "./DebugLog";

export function Header({ user, route }: { user: Me; route: Route }) {
  const live = useLiveCount();
  return (
    <header className="masthead">
      <a className="wordmark" href={addressOf.new}>
        Galley
      </a>
      <nav aria-label="Views">
        <Go to={addressOf.new} isHere={route.name === "new" || route.name === "run"}>
          Write
        </Go>
        <Go to={addressOf.live} isHere={route.name === "live"}>
          Live{live > 0 && <span className="tally">{live}</span>}
        </Go>
        <Go to={addressOf.history} isHere={route.name === "history" || route.name === "compare"}>
          History
        </Go>
        <Go to={addressOf.prompts} isHere={route.name === "prompts" || route.name === "prompt"}>
          Prompts
        </Go>
      </nav>
      <div className="who">
        <DebugLog />
        <ThemeButton />
        <span className="user">{user.name}</span>
        <button type="button" className="quiet" aria-label="Log out" onClick={() => void leave()}>
          <Icon name="out" />
          <span className="words">Log out</span>
        </button>
      </div>
    </header>
  );
}

function Go({ to, isHere, children }: { to: string; isHere: boolean; children: React.ReactNode }) {
  return (
    <a href={to} aria-current={isHere ? "page" : undefined}>
      {children}
    </a>
  );
}

const THEME_WORDS = { auto: "as the system", light: "light", dark: "dark" };

function ThemeButton() {
  const [theme, next] = useTheme();
  const label = `Colours: ${THEME_WORDS[theme]}`;
  return (
    <button type="button" className="quiet" onClick={next} aria-label={label} title={label}>
      <Icon name={theme} />
    </button>
  );
}

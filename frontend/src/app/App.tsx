/** The whole page: who is there, and which view the address names. */
import { lazy, Suspense, useEffect } from "react";
import { RunPage } from "../run/RunPage";
import { loadCatalogue } from "../run/catalogue";
import { Fault } from "./Fault";
import { Header } from "./Header";
import { Login } from "./Login";
import { Lost } from "./Lost";
import { NoticeList } from "./NoticeList";
import { readRoute, useHash, type Route } from "./route";
import { beginSession, useWho } from "./session";

const History = lazy(() => import("../history/History"));
const Compare = lazy(() => import("../history/Compare"));
const Live = lazy(() => import("../live/Live"));
const Prompts = lazy(() => import("../prompts/Prompts"));
const PromptPage = lazy(() => import("../prompts/PromptPage"));

export function App() {
  const { user, lastUser } = useWho();
  const route = readRoute(useHash());
  useEffect(beginSession, []);
  const userId = user?.user_id;
  useEffect(() => {
    if (userId !== undefined) void loadCatalogue();
  }, [userId]);
  useEffect(() => {
    document.title = titleOf(route);
  });

  if (user === undefined) return <NoticeList />;
  const isAsked = user === null;
  return (
    <>
      {lastUser !== null && (
        <div className="page" inert={isAsked} key={lastUser.user_id}>
          <a className="skip" href="#main" onClick={skipToMain}>
            Skip to the text
          </a>
          <Header user={lastUser} route={route} />
          <main id="main" tabIndex={-1}>
            <Fault at={route.name}>
              <Suspense fallback={<p className="waiting">Loading…</p>}>
                <View route={route} />
              </Suspense>
            </Fault>
          </main>
        </div>
      )}
      {isAsked && <Login lastUser={lastUser} />}
      <NoticeList />
    </>
  );
}

function View({ route }: { route: Route }) {
  switch (route.name) {
    case "new":
      return <RunPage runId={null} prompt={route.from} />;
    case "run":
      return <RunPage runId={route.runId} prompt={null} />;
    case "live":
      return <Live />;
    case "history":
      return <History />;
    case "compare":
      return <Compare one={route.one} other={route.other} />;
    case "prompts":
      return <Prompts />;
    case "prompt":
      return <PromptPage key={route.reference} reference={route.reference} />;
    case "lost":
      return <Lost />;
  }
}

/** The address is the view's, so a link to a part of the page only moves the focus. */
function skipToMain(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

const TITLES: Partial<Record<Route["name"], string>> = {
  live: "Live runs",
  history: "History",
  compare: "Compare",
  prompts: "Prompts",
  prompt: "Prompt set",
};

function titleOf(route: Route): string {
  const title = TITLES[route.name];
  return title === undefined ? "Galley" : `${title} · Galley`;
}

/** Who is logged in, for views. */
import { create } from "zustand";
import { session, type Me } from "../client/index";
import { readSetting, writeSetting } from "./remember";
import { forgetModels } from "../run/catalogue";
import { forgetRuns } from "../run/store";
import { stopFollowing } from "../run/transport";

/** `undefined` until the browser's cookie was tried. `lastUser` is whose texts the page holds. */
interface Who {
  user: Me | null | undefined;
  lastUser: Me | null;
}

export const useWho = create<Who>(() => ({ user: undefined, lastUser: null }));

/** Go on with the browser's session where there is one, and hear of its end. */
export function beginSession(): () => void {
  const stop = session.onChange(setUser);
  // Nobody has logged in here: there is no cookie that could be tried.
  if (readSetting("session") !== "yes") setUser(null);
  else session.restore().then(setUser, () => setUser(null));
  return stop;
}

function setUser(user: Me | null): void {
  const { lastUser } = useWho.getState();
  if (user !== null && lastUser !== null && user.user_id !== lastUser.user_id) forget();
  if (user !== null) writeSetting("session", "yes");
  useWho.setState({ user, lastUser: user ?? lastUser });
}

/** End the session and forget what was shown. */
export async function leave(): Promise<void> {
  try {
    await session.logout();
  } finally {
    forget();
    writeSetting("session", "no");
    useWho.setState({ user: null, lastUser: null });
    window.location.hash = "";
  }
}

function forget(): void {
  stopFollowing();
  forgetRuns();
  forgetModels();
}

export function canEdit(user: Me | null | undefined): boolean {
  return user?.roles.some((role) => role === "editor" || role === "admin") ?? false;
}

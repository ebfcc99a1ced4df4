/** Keeping the end of a growing text in sight, only while the reader wants that. */

/** How near to the end, in pixels, a reader counts as following. */
const NEAR = 100;
/** Above this, in pixels from the top of the window, text is hidden by the stage bar. */
const HIDDEN = 160;

export interface Following {
  /** Call after the text has grown, or has begun anew. */
  grown: () => void;
  /** Go to the end and follow from there. */
  jump: () => void;
  stop: () => void;
}

/** Follow the end of what `find` returns in the window; `onChange` hears whether the reader has left it. */
export function followEnd(find: () => Element | null, onChange: (hasLeft: boolean) => void): Following {
  let isFollowing = true;
  let hasLeft = false;
  const bottom = () => find()?.getBoundingClientRect().bottom ?? 0;
  const tell = (left: boolean) => {
    if (left !== hasLeft) onChange((hasLeft = left));
  };
  const leave = () => {
    isFollowing = false;
  };
  const look = () => {
    const distance = bottom() - window.innerHeight;
    if (Math.abs(distance) < NEAR) isFollowing = true;
    tell(!isFollowing && distance > NEAR);
  };
  const onWheel = (event: WheelEvent) => {
    if (event.deltaY < 0) leave();
  };
  const onKey = (event: KeyboardEvent) => {
    if (["ArrowUp", "PageUp", "Home"].includes(event.key)) leave();
  };
  const move = (top: number) => window.scrollBy({ top, behavior: "instant" });
  window.addEventListener("scroll", look, { passive: true });
  window.addEventListener("wheel", onWheel, { passive: true });
  window.addEventListener("touchmove", leave, { passive: true });
  window.addEventListener("keydown", onKey);
  return {
    grown: () => {
      const end = bottom();
      if (!isFollowing) tell(end - window.innerHeight > NEAR);
      else if (end > window.innerHeight) move(end - window.innerHeight + 24);
      // A new attempt is short: its beginning comes into sight.
      else if (end < HIDDEN) move(end - window.innerHeight / 2);
    },
    jump: () => {
      isFollowing = true;
      tell(false);
      move(bottom() - window.innerHeight + 24);
    },
    stop: () => {
      window.removeEventListener("scroll", look);
      window.removeEventListener("wheel", onWheel);
      window.removeEventListener("touchmove", leave);
      window.removeEventListener("keydown", onKey);
    },
  };
}

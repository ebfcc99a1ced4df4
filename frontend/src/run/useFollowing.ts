/** Following the draft's end for as long as its run lives, over all of its attempts. */
import { useEffect, useRef, useState } from "react";
import { followEnd, type Following } from "../text/follow";

export function useFollowing(sheet: React.RefObject<HTMLElement | null>, isLive: boolean) {
  const follower = useRef<Following | null>(null);
  const [hasLeft, setLeft] = useState(false);
  useEffect(() => {
    if (!isLive) return;
    const following = followEnd(() => sheet.current?.querySelector(".proof") ?? null, setLeft);
    follower.current = following;
    return () => {
      following.stop();
      follower.current = null;
      setLeft(false);
    };
  }, [sheet, isLive]);
  return { follower, hasLeft };
}

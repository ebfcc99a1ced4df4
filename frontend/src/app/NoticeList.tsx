/** The notes at the edge of the page, and the one persistent status line for screen readers. */
import { Icon } from "../design/Icon";
import { dismiss, useNotices } from "./notices";

export function NoticeList() {
  const { notices, said } = useNotices();
  return (
    <>
      <div role="status" aria-live="polite" className="for-ears">
        {said}
      </div>
      <aside className="notices" aria-label="Notes">
        {notices.map((notice) => (
          <div
            key={notice.id}
            className={notice.isFault ? "notice is-fault" : "notice"}
            role={notice.isFault ? "alert" : undefined}
          >
            <Icon name={notice.isFault ? "fail" : "done"} />
            <p>{notice.text}</p>
            <button type="button" className="quiet" aria-label="Close this note" onClick={() => dismiss(notice.id)}>
              <Icon name="close" />
            </button>
          </div>
        ))}
      </aside>
    </>
  );
}

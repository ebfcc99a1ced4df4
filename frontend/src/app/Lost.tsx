/** An address that leads nowhere. */
import { addressOf } from "./route";

export function Lost() {
  return (
    <section className="empty">
      <h1>There is nothing at this address</h1>
      <p>
        Begin a <a href={addressOf.new}>new run</a>, or look for an older one in your <a href={addressOf.history}>runs</a>.
      </p>
    </section>
  );
}

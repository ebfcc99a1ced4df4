/** What stands where a view broke: the runs are safe on the server, so that beginning again costs nothing. */
import { Component, type ReactNode } from "react";

type Props = { children: ReactNode; at?: string };
type State = { isBroken: boolean; at: string | undefined };

/** `at` is the view: another one is tried anew, and one that is whole stays as it is. */
export class Fault extends Component<Props, State> {
  override state: State = { isBroken: false, at: this.props.at };

  static getDerivedStateFromError(): Partial<State> {
    return { isBroken: true };
  }

  static getDerivedStateFromProps({ at }: Props, state: State): Partial<State> | null {
    return at === state.at ? null : { isBroken: false, at };
  }

  override render() {
    if (!this.state.isBroken) return this.props.children;
    return (
      <section className="empty" role="alert">
        <h1>This view could not be shown</h1>
        <p>Your runs are safe on the server. The page may have been renewed meanwhile: load it again.</p>
        <button type="button" onClick={() => location.reload()}>
          Load again
        </button>
      </section>
    );
  }
}

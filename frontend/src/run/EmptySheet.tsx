/** What will be here, shown before the first run: a proof that explains itself. */
import { Icon } from "../design/Icon";

export function EmptySheet() {
  return (
    <div className="sheet is-specimen">
      <div className="proof-body has-margin">
        <div className="proof">
          <h1>Nothing is set yet</h1>
          <p>
            Fill in the ticket and press <em>Generate</em>. The model writes a <mark>draft, and you see it grow</mark> here
            word by word.
          </p>
          <p>
            Then the checks of the prompt set read it as a proof-reader would. <mark>What they find stands in the margin</mark>,
            and the model mends it, until the text passes or its limits are met.
          </p>
          <p>
            You can leave at any time: the run goes on without you, and its address brings you back to it.
          </p>
        </div>
        <ol className="margin" aria-label="How findings look">
          <li className="note">
            <Icon name="insert" />
            <span>
              <span className="check">words</span> The text is still growing; give it a minute.
            </span>
          </li>
          <li className="note">
            <Icon name="query" />
            <span>
              <span className="check">findings</span> Each one says what is wrong and how to mend it.
            </span>
          </li>
        </ol>
      </div>
    </div>
  );
}

/** One of a few ways to look at something. */
interface Props<Option extends string> {
  label: string;
  options: readonly Option[];
  words: Record<Option, string>;
  chosen: Option;
  onChoose: (option: Option) => void;
}

export function Choice<Option extends string>({ label, options, words, chosen, onChoose }: Props<Option>) {
  return (
    <div className="choice" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option} type="button" aria-pressed={option === chosen} onClick={() => onChoose(option)}>
          {words[option]}
        </button>
      ))}
    </div>
  );
}

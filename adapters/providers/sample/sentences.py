"""The sentences that samples are made of: they say what a sample is and how the service works."""

from __future__ import annotations

OPENING = 'This is a sample about "{subject}", put together from your inputs by the sample provider, without a model.'
LINE = (
    "Sample: {subject} - put together without a model to show the length that was asked for; a real text would say "
    "what a reader finds here, why it is worth a click, and what it has that others have not"
)

SENTENCES = (
    "It has the form of a real text, so that you can see every step of a run before you set up a key.",
    "With a key of a provider the same request gives a text that a language model wrote.",
    "A run begins with its prompt set, which holds the instructions, the inputs and the checks.",
    "Then a draft is written, and you can read it word by word while it grows.",
    "The draft is brought to its output format by rules, not by a second opinion.",
    "After that every check judges the text, the cheap ones first.",
    "A check says what is wrong, where it stands and how it can be mended.",
    "When something is found, the text goes back with these findings and is repaired.",
    "A repair changes the parts that need it and leaves the others alone.",
    "When every check has passed, the run is complete and the text is yours.",
    "Each of these steps is an event that is kept before you see it.",
    "So a closed laptop or a lost connection costs nothing: you come back and read on.",
    "Even when the machine stops in the middle, another one takes over where it stood.",
    "The prompts lie in files that you can read, change and publish as new versions.",
    "A run that exists keeps the version with which it began.",
    "The checks lie in the same file, one line each.",
    "You can ask for a number of words, for headings, for phrases or for their absence.",
    "You can also add checks of your own to a single request.",
    "What you type into the form is treated as material and never as an instruction.",
    "Limits bound the attempts, the tokens, the money and the time of each run.",
    "A run that meets a limit still returns the best text it has.",
    "Try another subject, and watch how the title and the first lines follow it.",
    "Change a bound in the prompt set, and the next sample will keep to the new one.",
    "Cancel a run halfway to see that nothing is written after that.",
    "Open the same run in two windows, and both show the same text at the same time.",
    "The history lists what you asked for, what came of it and what it cost.",
    "A sample costs nothing, and its tokens are counted as words.",
    "Other programs can start runs as well, with one request and a stream of events.",
    "They receive what you see here: progress, the growing text, the draft and the result.",
    "Nothing in this text is advice, and none of it was checked for being true.",
    "It was made by putting sentences in a row until the length was right.",
    "The same inputs always give the same sample, which makes it good for tests.",
    "Longer texts come out a little too short at first, so that you see a repair.",
    "The second attempt has the length that the prompt asks for.",
    "Short texts pass at once, as most texts of a good model do.",
    "A real text would now turn to the details that your readers care about.",
    "It would give an example, answer a doubt and name the next step.",
    "It would also keep to the tone that you chose and to the language of your readers.",
    "For all of that a model needs your facts, so give it the ones that matter.",
    "The more concrete the inputs are, the less there is left to guess.",
)

TITLES = ("What this sample shows", "How the text came about", "What to try next")

QUESTIONS = (
    "What is this sample good for?",
    "What happens at the start of a run?",
    "What does a check do?",
    "What happens when my connection is lost?",
    "Where do the prompts come from?",
    "What can a text be asked to have?",
    "What bounds a run?",
    "What should I try next?",
)
"""Each is answered by three of the sentences, in their order."""

import pytest

from domain.content.checks.language import LanguageCheck
from domain.content.finding import Finding, Place

ENGLISH = (
    "Choose a lamp that hides the bulb. Warm light in the evening helps you rest, and cooler light by day keeps you "
    "awake. Put it where your hand throws no shadow on the page, and turn the others off when you read at night."
)
GERMAN = (
    "Wählen Sie eine Lampe, die die Glühbirne verbirgt. Warmes Licht am Abend hilft beim Ausruhen, und kühleres Licht "
    "am Tag hält wach. Stellen Sie sie so, dass Ihre Hand keinen Schatten auf die Seite wirft, die Sie gerade lesen."
)
FRENCH = "Choisissez une lampe qui cache l'ampoule. Une lumière chaude le soir aide à se reposer après le travail."


@pytest.mark.parametrize(("text", "code"), [(ENGLISH, "en"), (GERMAN, "de"), (FRENCH, "fr"), (f"\x0b{ENGLISH}", "en")])
def test_a_text_in_its_language_passes(text: str, code: str) -> None:
    assert LanguageCheck(languages=(code,)).judge(text) == ()


def test_a_text_in_another_language_is_told_as_a_whole() -> None:
    assert LanguageCheck(languages=("en", "fr")).judge(GERMAN) == (
        Finding(check="language", message="is written in German: write it in English or French."),
    )


def test_a_part_in_another_language_is_told_at_its_place() -> None:
    text = f"# Lamps\n\n{ENGLISH}\n\n{GERMAN}\n\n{ENGLISH}"

    assert LanguageCheck(languages=("en",)).judge(text) == (
        Finding(
            check="language",
            message="has a part that is written in German: write it in English.",
            where=Place(line=5, column=1, quote=GERMAN[:80]),
        ),
    )


@pytest.mark.parametrize("text", ["", "OK.", "12 34", f"```\n{GERMAN}\n```", "\U0001f600" * 100])
def test_what_can_not_be_told_passes(text: str) -> None:
    assert LanguageCheck(languages=("en",)).judge(text) == ()

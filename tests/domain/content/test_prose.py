import pytest

from domain.content.prose import blank_markup, iterate_sentences


def split(text: str) -> list[str]:
    prose = blank_markup(text)
    assert len(prose) == len(text)
    return [text[slice(*span)] for span in iterate_sentences(prose)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four\u2026 Five", ["One.", "Two!", "Three?", "Four\u2026", "Five"]),
        ("Dr. Smith came at 3 p.m. on Monday. J. Doe left.", ["Dr. Smith came at 3 p.m. on Monday.", "J. Doe left."]),
        ("Am 3. Oktober. Version 1.5 is out.", ["Am 3. Oktober.", "Version 1.5 is out."]),
        ('He said "Hello!" Then left.', ['He said "Hello!"', "Then left."]),
        ("one. two", ["one. two"]),
        ("# Title\n\nA b\nc d.\n\n- one\n- two. Three\n1. four", ["A b\nc d.", "one", "two.", "Three", "four"]),
        ("| a | b |\n|---|---|\n\nEnd.", ["End."]),
        ("<h2 id=x>Title</h2><p>One</p><p>Two <b>x</b></p><3", ["One", "Two <b>x", "<3"]),
        ("See https://a.b/c. Or [it](https://d.e).", ["See https://a.b/c. Or [it](https://d.e)."]),
        ("你好。世界。", ["你好。", "世界。"]),
        ("他说“好。”世界。", ["他说“好。”", "世界。"]),
        ("Half。. Rest", ["Half。.", "Rest"]),
        ("Version 1.5.2, no end.\u00a0Here", ["Version 1.5.2, no end.\u00a0Here"]),
        (" " * 100 + "Far in.", ["Far in."]),
        ("... \n\n--- !", []),
        ("", []),
    ],
)
def test_a_text_is_split_into_its_sentences(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences

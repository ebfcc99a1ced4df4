from typing import Any

import pytest

from domain.content.fence import FENCE_RULE
from domain.content.finding import Finding, Place, place_at
from domain.content.prompt_set import read_prompt_set
from domain.content.rendering import describe_findings, render_generator, render_repair
from domain.errors import TemplateError
from tests.domain.content.documents import DOCUMENT

SET = read_prompt_set(DOCUMENT)


def label_of(text: str) -> str:
    return text[text.index("<input-") + 1 : text.index(">")]


def test_the_system_prompt_is_the_authors_and_holds_no_value() -> None:
    system, _ = render_generator(SET, {"product": "Oak desk lamp"})

    assert system == (
        f"You write for shop pages.\n\n{FENCE_RULE}\n\n"
        "Answer with the text alone, in Markdown: no introduction, no closing remark, no code fence around it."
    )


def test_the_user_turn_has_the_inputs_with_their_defaults_in_fences() -> None:
    _, user = render_generator(SET, {"product": "Oak desk lamp"})

    label = label_of(user)
    assert user == f"Product: <{label}>Oak desk lamp</{label}>\nFor: <{label}>everybody</{label}>"


def test_inputs_that_the_set_does_not_name_are_left_out() -> None:
    open_set = read_prompt_set({**DOCUMENT, "inputs": {**DOCUMENT["inputs"], "additionalProperties": True}})

    assert render_generator(open_set, {"product": "x", "more": "y"}) == render_generator(open_set, {"product": "x"})


@pytest.mark.parametrize(
    ("output_format", "words"),
    [("html", "in Markdown without HTML tags"), ("text", "in plain text without markup"), ("json", "one JSON value")],
)
def test_a_run_may_ask_for_another_format(output_format: Any, words: str) -> None:
    system, _ = render_generator(SET, {"product": "x"}, output_format=output_format)

    assert words in system
    assert "in Markdown: no" not in system


def test_a_set_without_a_system_prompt_has_the_rules_alone() -> None:
    bare = read_prompt_set({**DOCUMENT, "prompts": {"generator": {"user": "Write."}}})

    assert render_generator(bare, {"product": "x"})[0].startswith(FENCE_RULE)


def test_a_json_set_shows_its_schema() -> None:
    json_set = read_prompt_set({**DOCUMENT, "output_format": "json", "output_schema": {"type": "object"}})

    system, _ = render_generator(json_set, {"product": "x"})

    assert system.endswith('It must follow this JSON Schema:\n{\n  "type": "object"\n}')


def test_inputs_that_are_too_large_are_an_error() -> None:
    with pytest.raises(TemplateError, match="to more than 256 kB"):
        render_generator(SET, {"product": "x" * 300_000})


def test_a_repair_shows_text_and_findings_in_fences_and_asks_for_the_whole_text() -> None:
    findings = (Finding(check="words", message="has 2 words, 1 too few: write at least 3."),)

    repair = render_repair(SET, {"product": "x"}, text="Two words", findings=findings)

    label = label_of(repair)
    assert repair == (
        f"This is the text as it stands:\n\n<{label}>Two words</{label}>\n\n"
        "This is what is wrong with it:\n\n"
        f"<{label}>1. The text has 2 words, 1 too few: write at least 3.</{label}>\n\n"
        "Mend that. Change the parts that the findings are about and leave everything else as it is, word for word. "
        "Answer with the whole corrected text and nothing else."
    )


def test_a_set_may_ask_for_the_repair_in_its_own_words() -> None:
    own = {**DOCUMENT["prompts"], "repair": {"user": "Mend {{ text }} on {{ product }}: {{ findings }}"}}

    repair = render_repair(read_prompt_set({**DOCUMENT, "prompts": own}), {"product": "x"}, text="t", findings=())

    label = label_of(repair)
    assert repair == f"Mend <{label}>t</{label}> on <{label}>x</{label}>:"


def test_findings_are_numbered_with_their_places() -> None:
    findings = (
        Finding(check="words", message="is short."),
        Finding(check="forbidden_phrases", message="says x.", where=place_at("a\nb  x\ny", 2)),
        Finding(check="json_schema", message="is missing.", where=Place(pointer="/a/0")),
        Finding(check="json_schema", message="must be a list.", where=Place(pointer="")),
        Finding(check="other", message="is odd.", where=Place(line=3)),
    )

    assert describe_findings(findings) == (
        "1. The text is short.\n"
        "2. The text says x. (line 2, column 1, at b x y)\n"
        "3. The value at /a/0 is missing.\n"
        "4. The value at the top must be a list.\n"
        "5. The text is odd. (line 3)"
    )

"""Load prompts: read the pinned prompt set and render what never changes in a run."""

from __future__ import annotations

from attrs import frozen

from domain.content.check import Check, PrefixCheck
from domain.content.checks import cheapest_first, make_check
from domain.content.finding import Finding
from domain.content.rendering import render_generator
from domain.pipeline.run import Run


@frozen(kw_only=True)
class LoadedPrompts:
    """Everything that later stages share: rendered once, compiled once."""

    system: str
    user: str
    checks: tuple[Check, ...]

    @property
    def prefix_checks(self) -> tuple[PrefixCheck, ...]:
        """The draft checks that can be decided while a text grows."""
        return tuple(check for check in self.checks if check.on == "draft" and isinstance(check, PrefixCheck))

    def watch(self, text: str, start: int) -> Finding | None:
        """Return the first finding that a beginning of a text already has."""
        findings = (check.scan(text, start) for check in self.prefix_checks)
        return next((finding for finding in findings if finding is not None), None)


def load_prompts(run: Run) -> LoadedPrompts:
    """Render the generator's prompt and compile the checks."""
    spec = run.spec
    system, user = render_generator(run.prompt_set, spec.request.inputs, output_format=spec.output_format)
    checks = cheapest_first(tuple(make_check(check) for check in spec.checks))
    return LoadedPrompts(system=system, user=user, checks=checks)

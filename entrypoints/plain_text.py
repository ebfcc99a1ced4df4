"""Plain text in: how somebody who has only a text to give starts a run."""

from __future__ import annotations

from attrs import evolve

from domain.content.prompt_set import parse_prompt_set
from domain.errors import Fault, InvalidRequestError
from domain.run.model import RunRequest
from entrypoints.services import Services
from entrypoints.start import find_prompt


async def fill_main_input(services: Services, request: RunRequest, text: str, *, pointer: str = "/text") -> RunRequest:
    """Return the request with the text as its prompt set's main input; `pointer` is where the text stands.

    Raises:
        InvalidRequestError: The prompt set does not exist or takes no text, or the request's inputs have one already.
    """
    version = await find_prompt(services, request.prompt)
    name = parse_prompt_set(version.content).main_input
    if name is None:
        raise _refuse(pointer, f"{version.pin.name} has no input that takes plain text; send `inputs`")
    if name in request.inputs:
        raise _refuse(pointer, f"would be the input {name}, which is in `inputs` as well; leave one of them out")
    return evolve(request, inputs={**request.inputs, name: text})


def _refuse(pointer: str, message: str) -> InvalidRequestError:
    return InvalidRequestError("The text can't be taken.", (Fault(pointer=pointer, message=message),))

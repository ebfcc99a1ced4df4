"""From an AG-UI client's input to the request of a run, and faults of the one back to the other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
from attrs import frozen

from domain.errors import InvalidRequestError
from domain.run.model import RunRequest
from domain.user import Principal
from entrypoints.http.protocols.ag_ui_input import RunAgentInput, find_props, find_text, refuse
from entrypoints.http.shape import escape_pointer
from entrypoints.plain_text import fill_main_input
from entrypoints.services import Services
from entrypoints.start import derive_run_id

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@frozen
class RunName:
    """The run that an input stands for: `id` is the run's, `key` its idempotency key where the client has no UUID."""

    id: str
    key: str | None


def name_run(services: Services, principal: Principal, posted: RunAgentInput) -> RunName:
    """Return which run is meant: the same one whenever the same user posts the same `threadId` and `runId`."""
    if _UUID.fullmatch(lowered := posted.run_id.lower()):
        return RunName(lowered, None)
    # Hashed, because a key is short and visible ASCII and these may be neither.
    named = f"{len(posted.thread_id)} {posted.thread_id} {posted.run_id}".encode()
    key = f"ag-ui:{hashlib.sha256(named).hexdigest()}"
    return RunName(derive_run_id(services, principal, key), key)


@frozen
class Asked:
    """The request of a run, and where its main input stands in what was posted: (pointer there, pointer here)."""

    request: RunRequest
    moved: tuple[str, str] | None = None

    @contextmanager
    def pointing_into_input(self) -> Iterator[None]:
        """Let faults that point into the request point into what was posted."""
        try:
            yield
        except InvalidRequestError as error:
            error.faults = tuple(attrs.evolve(fault, pointer=self._relocate(fault.pointer)) for fault in error.faults)
            raise

    def _relocate(self, pointer: str) -> str:
        if self.moved is not None and f"{pointer}/".startswith(f"{self.moved[0]}/"):
            return self.moved[1]
        return pointer if pointer.startswith("/messages/") else f"/forwardedProps{pointer}"


async def read_request(services: Services, posted: RunAgentInput, name: RunName) -> Asked:
    """Return what is asked for, with the user's text as the main input.

    Raises:
        InvalidRequestError: It can't be; the faults point into what was posted.
    """
    props, text = find_props(posted), find_text(posted)
    if text is None and not props.inputs:
        refuse("/messages", "must hold a message of the role user: its text is the prompt set's main input")
    request = attrs.evolve(props.to_request(services.default_prompt), run_id=None if name.key else name.id)
    if text is None:
        return Asked(request)
    with Asked(request).pointing_into_input():
        filled = await fill_main_input(services, request, text.text, pointer=text.pointer)
    (main_input,) = filled.inputs.keys() - request.inputs.keys()
    return Asked(filled, (f"/inputs/{escape_pointer(main_input)}", text.pointer))

"""Which runs are a chat's: told by a tag that they carry, so that every process finds them and nothing else is kept."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from attrs import evolve, frozen

from domain.run.codec import encode_canonical
from domain.run.model import RunQuery, StoredRun
from domain.user import Principal
from entrypoints.http.protocols.ai_sdk_body import AiSdkBody, Said
from entrypoints.services import Services
from entrypoints.start import derive_run_id

REPLAY = timedelta(minutes=5)
"""How long after its end a run is still replayed: for whoever lost the connection shortly before it."""

PAGE = 20


@frozen(kw_only=True)
class Chat:
    """The chat of that id among those of one user; nobody else's has its tag, whatever id they give."""

    services: Services
    principal: Principal
    id: str

    @property
    def tag(self) -> str:
        """What the chat's runs are found by."""
        named = b"ai-sdk chat\0" + self.principal.user_id.encode() + b"\0" + self.id.encode()
        return "ai-sdk:" + hmac.digest(self.services.secret_key, named, "sha256")[:16].hex()

    async def find_newest(self, count: int = 1) -> list[StoredRun]:
        """Return the newest runs that were started in this chat, the newest first."""
        found: list[StoredRun] = []
        query = RunQuery(owner=self.principal.user_id, text=self.tag, limit=PAGE)
        while True:
            page = await self.services.runs.list(query)
            found += [run for run in page.runs if self._has(run)]
            if len(found) >= count or page.next is None:
                return found[:count]
            query = evolve(query, after=page.next)

    async def find_current(self) -> StoredRun | None:
        """Return the newest run while it is live or has ended just now, None where there is nothing to go on with."""
        for run in await self.find_newest():
            if run.finished_at is None or self.services.clock.now() - run.finished_at < REPLAY:
                return run
        return None

    async def make_key(self, body: AiSdkBody, said: Said) -> str:
        """Return the idempotency key of a message: a request that is repeated has the same one.

        An edit has the message's id and another text. To regenerate stands for a new run in the place of the one that
        `messageId` names; without it in the place of the newest, unless that is still live and was begun so itself:
        then the request is taken for a repeated one.
        """
        if body.trigger == "submit-message":
            return self._key(body, said, "edit" if body.message_id == said.message_id else "")
        if body.message_id not in (None, said.message_id):
            return self._key(body, said, f"instead of {body.message_id}")
        newest, before = [*(run for run in await self.find_newest(2)), None, None][:2]
        again = self._key(body, said, f"instead of {before and before.id}")
        is_repeated = newest is not None and newest.id == derive_run_id(self.services, self.principal, again)
        if newest is None or (is_repeated and not newest.status.is_terminal):
            return again
        return self._key(body, said, f"instead of {newest.id}")

    def _key(self, body: AiSdkBody, said: Said, purpose: str) -> str:
        asked = {"chat": self.id, "message": said.message_id, "text": said.text, "run": body.run, "purpose": purpose}
        # No header's key has a space.
        return f"ai-sdk {hashlib.sha256(encode_canonical(asked)).hexdigest()}"

    def _has(self, run: StoredRun) -> bool:
        """Whether the run was started here: the listing looks into inputs as well, and a rerun keeps its tags."""
        return self.tag in run.spec.request.tags and run.spec.rerun_of is None

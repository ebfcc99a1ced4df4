"""curl at a real Galley, with both formats of a stream; its user resumes with another call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from tests.e2e.clients.kites import Kites
from tests.e2e.clients.laws import TERMINAL, ClientLaws, Job, Told
from tests.e2e.rig.sse_reader import Frame, SseReader

NDJSON = "application/x-ndjson"
STATUS = "\n%{http_code}"


async def curl(url: str, token: str, job: Job, last_id: str, *options: str) -> tuple[str, int]:
    """Return what one call wrote, and the status of its answer."""
    words = ["-sN", "-w", STATUS, "-H", f"Authorization: Bearer {token}", *options]
    if last_id:
        words += ["-H", f"Last-Event-ID: {last_id}"]
    if job.body is None or last_id:
        words.append(f"{url}/runs/{job.run_id}/events")
    else:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(job.body), f"{url}/run/stream"]
    process = await asyncio.create_subprocess_exec("curl", *words, stdout=asyncio.subprocess.PIPE)
    written, _ = await process.communicate()
    text, _, status = written.decode(errors="replace").rpartition("\n")
    return text, int(status)


def read_sse(text: str) -> list[Frame]:
    return SseReader().feed(text.encode())


def read_lines(text: str) -> list[Frame]:
    lines = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
    objects = [(line, json.loads(line)) for line in lines]
    # As it came, not as it would be written again: it is to be what the log holds, to the byte.
    return [
        Frame(id=o["id"], event=o["event"], data=line.partition(',"data":')[2].rstrip("\n")[:-1]) for line, o in objects
    ]


class TestCurl(ClientLaws):
    name = "curl"
    options: Sequence[str] = ()

    def read(self, text: str) -> list[Frame]:
        return read_sse(text)

    async def follow_to_end(self, url: str, token: str, job: Job) -> Told:
        frames: list[Frame] = []
        while not frames or frames[-1].event not in TERMINAL:
            text, status = await curl(url, token, job, frames[-1].id if frames else "", *self.options)
            if status not in (0, 200):
                return Told(status=status)
            frames += self.read(text)
        return Told(data=[frame.data for frame in frames])

    async def follow(self, native: Kites, url: str, jobs: Sequence[Job]) -> list[Told]:
        return await asyncio.gather(*(self.follow_to_end(url, native.token, job) for job in jobs))


class TestCurlWithNdjson(TestCurl):
    name = "curl with NDJSON"
    can_post = False
    options = ("-H", f"Accept: {NDJSON}")

    def read(self, text: str) -> list[Frame]:
        return read_lines(text)

"""The peer of the relay benchmark: the same stream as one writes it with FastAPI, sse-starlette and uvicorn."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sse_starlette.sse import EventSourceResponse

from benchmarks.model import write_pieces

app = FastAPI()


class RunRequest(BaseModel):
    """What Galley's request holds of the same run."""

    prompt: str
    inputs: dict[str, Any]


@app.get("/health/ready")
async def is_ready() -> dict[str, bool]:
    """Answer when the server serves."""
    return {"ready": True}


@app.post("/run/stream")
async def run_stream(request: RunRequest) -> EventSourceResponse:
    """Stream one run: no log, no login, no resuming."""
    return EventSourceResponse(tell(request))


async def tell(request: RunRequest) -> AsyncGenerator[dict[str, str], None]:
    """Yield one event after the other, as the library wants them."""
    run_id, seq = str(uuid.uuid4()), 0

    def event(name: str, **data: Any) -> dict[str, str]:
        nonlocal seq
        seq += 1
        return {"id": str(seq), "event": name, "data": json.dumps({"run_id": run_id, "seq": seq} | data)}

    yield event("run", status="queued", prompt=request.prompt)
    yield event("progress", stage="load_prompts", message="Loading prompt templates", progress=10)
    yield event("progress", stage="generator", message="Generating content", progress=30)
    draft = ""
    async for piece in write_pieces(request.inputs):
        yield event("delta", stage="generator", text=piece, offset=len(draft))
        draft += piece
    yield event("draft", stage="generator", message="Draft generated", progress=50, draft=draft)
    yield event("progress", stage="formatter", message="Formatting", progress=60)
    yield event("progress", stage="validator", message="Validating", progress=80)
    yield event("progress", stage="done", message="Done", progress=100)
    yield event("complete", success=True, output=draft, metadata={})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")

"""GET /webhook-secret: what one's own receivers verify messages with."""

from __future__ import annotations

from msgspec import Struct
from quart import Blueprint, Response

from entrypoints.http.answers import answer
from entrypoints.http.authenticate import current_services, principal
from entrypoints.http.operation import Operation, json_of, operation
from entrypoints.http.problems import HTTPError

blueprint = Blueprint("webhook_secret", __name__)


class WebhookSecrets(Struct, frozen=True):
    """Secrets by the Standard Webhooks specification, the newest first; every message is signed with each of them."""

    secrets: list[str]


@blueprint.get("/webhook-secret")
@operation(
    Operation(
        summary="Show the secrets that sign the messages to one's own webhooks",
        tag="runs",
        answers={200: json_of(WebhookSecrets, "The secrets.")},
        problems=(404,),
    )
)
async def show_webhook_secret() -> Response:
    """Answer with the caller's own, which nobody else is shown."""
    keys = current_services().webhook_keys
    if keys is None:
        raise HTTPError(404, "no_webhooks", "This service calls no webhooks; its operator has to set WEBHOOK_SECRET.")
    return answer(WebhookSecrets(secrets=list(keys.secrets_of(principal().user_id))))

"""The HTTP app over given services; nothing is made at import."""

from __future__ import annotations

from quart import Quart

from entrypoints.http import (
    auth,
    events,
    health,
    metrics,
    models,
    openapi,
    page,
    prompt_drafts,
    prompt_versions,
    prompts,
    reference,
    rerun,
    run,
    run_output,
    run_ticket,
    runs,
    webhook_secret,
)
from entrypoints.http.authenticate import protect
from entrypoints.http.bodies import MAX_BODY_BYTES
from entrypoints.http.headers import secure_headers
from entrypoints.http.operation import find_operation
from entrypoints.http.problems import register_problems
from entrypoints.http.protocols import ag_ui, ai_sdk, mcp_route
from entrypoints.http.rate import limit_rate
from entrypoints.http.websocket import route as websocket
from entrypoints.http.websocket.socket import BoundedConnection
from entrypoints.services import Services

_MODULES = (
    ag_ui,
    ai_sdk,
    auth,
    events,
    health,
    mcp_route,
    metrics,
    models,
    openapi,
    page,
    prompt_drafts,
    prompt_versions,
    prompts,
    reference,
    rerun,
    run,
    run_output,
    run_ticket,
    runs,
    webhook_secret,
)
BLUEPRINTS = (*(module.blueprint for module in _MODULES), websocket.blueprint)


def create_app(services: Services) -> Quart:
    """Make the app; it owns nothing of the services.

    Raises:
        LookupError: A route does not say who may use it.
    """
    app = Quart(__name__, static_folder=None, template_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES)
    # A redirect would be the only place where a client's own text gets into a header.
    app.url_map.merge_slashes = False
    app.extensions["galley"] = services
    app.asgi_websocket_class = BoundedConnection
    register_problems(app)
    protect(app)
    limit_rate(app, services)
    secure_headers(app, services)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for rule in app.url_map.iter_rules():
        if not rule.websocket:
            find_operation(app, rule.endpoint)
    return app

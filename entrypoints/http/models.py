"""GET /models: what a run may be written with."""

from __future__ import annotations

from quart import Blueprint, Response

from entrypoints.http.answers import ModelDescription, ModelList, answer
from entrypoints.http.authenticate import current_services
from entrypoints.http.operation import Operation, json_of, operation

blueprint = Blueprint("models", __name__)


@blueprint.get("/models")
@operation(
    Operation(
        summary="List the models that a run may name",
        tag="prompts",
        answers={200: json_of(ModelList, "The models, the default one first.")},
        problems=(503,),
    )
)
async def list_models() -> Response:
    """Answer with the provider's models that the operator allows."""
    services = current_services()
    rules = services.rules
    offered = [model for model in await services.provider.list_models() if not rules.models or model.id in rules.models]
    described = [
        ModelDescription(
            id=model.id,
            title=model.title,
            is_default=model.id == rules.default_model,
            price=rules.prices.find(model.id),
        )
        for model in offered
    ]
    return answer(ModelList(models=sorted(described, key=lambda model: not model.is_default)))

"""What admission holds requests to, from the settings."""

from __future__ import annotations

from domain.admission import AdmissionRules
from domain.ports import Provider
from domain.run.price import PriceList
from entrypoints.settings import Settings, SettingsError


async def make_rules(settings: Settings, provider: Provider, prices: PriceList) -> AdmissionRules:
    """Return the rules.

    Raises:
        SettingsError: A default model is not allowed or has no price.
    """
    models = settings.default_models or ((await provider.list_models())[0].id,)
    faults = tuple(fault for model in models if (fault := _find_model_fault(model, settings, prices)) is not None)
    if faults:
        raise SettingsError(faults)
    return AdmissionRules(
        caps=settings.caps,
        default_model=models[0],
        default_fallbacks=models[1:],
        models=settings.models,
        prices=prices,
        daily_limits=settings.daily_limits,
        webhooks=None if settings.webhook_secret is None else settings.allowed_hosts,
    )


def _find_model_fault(model: str, settings: Settings, prices: PriceList) -> str | None:
    if settings.models and model not in settings.models:
        known = ", ".join(sorted(settings.models))
        return f"MODEL is {model!r}, which is not among MODELS ({known}); set MODEL to one of them."
    if prices.find(model) is None:
        line = f"`{model}: {{input: 1.5, output: 6}}` in dollars for a million tokens, 0 where it costs nothing"
        return f"MODEL {model!r} has no known price; set PRICES to a file that has one: {line}."
    return None

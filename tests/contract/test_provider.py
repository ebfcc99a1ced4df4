"""Every provider keeps the laws of `Provider`; somebody else's with --provider their_package:factory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.clock import SystemClock
from adapters.providers.sample.provider import SampleProvider
from adapters.providers.scripted import Script, ScriptedProvider
from domain.completion import TokensSoFar
from domain.ports import Provider
from domain.run.usage import Tokens
from tests.adapters.providers.sides import ANTHROPIC, OPENAI
from tests.contract.provider import ProviderContract

SCRIPT = Script(
    pieces=(TokensSoFar(tokens=Tokens(input=30)), "The tide ", "", "comes twice ", "a day."),
    tokens=Tokens(input=30, output=7, cached=10),
)


class TestSampleProvider(ProviderContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return SampleProvider(SystemClock(), tokens_per_second=0)


class TestScriptedProvider(ProviderContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return ScriptedProvider([SCRIPT] * 3, clock=SystemClock())


class TestAnthropicProvider(ProviderContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[Provider]:
        async with ANTHROPIC.meet() as (provider, _):
            yield provider


class TestOpenAIProvider(ProviderContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[Provider]:
        async with OPENAI.meet() as (provider, _):
            yield provider


class TestGivenProvider(ProviderContract):
    """Collected only with --provider."""

    @pytest.fixture
    def provider(self, given_provider: Provider) -> Provider:
        return given_provider

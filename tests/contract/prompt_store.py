"""The laws of `PromptStore`."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from adapters.clock import START, ManualClock
from domain.content.prompt import PromptVersion
from domain.errors import InvalidRequestError, PromptNotFoundError
from domain.run.model import PinnedPrompt
from tests.contract.store import Store, StoreContract


async def publish(store: Store, name: str, content: bytes) -> PromptVersion:
    """Publish a version of no particular source."""
    return await store.prompts.publish(name, content=content, source="name: post\n", author="ann")


class PromptStoreContract(StoreContract):
    async def test_the_first_version_is_1_and_pinned_by_its_hash(self, store: Store, clock: ManualClock) -> None:
        await clock.advance(5)
        content = '{"name":"post","title":"É"}'.encode()

        published = await store.prompts.publish("post", content=content, source="name: post\n", author="ann")

        assert published == PromptVersion(
            pin=PinnedPrompt(name="post", version=1, hash=hashlib.sha256(content).hexdigest()),
            content=content,
            source="name: post\n",
            published_at=clock.now(),
            author="ann",
        )
        assert await store.prompts.find("post") == published

    async def test_versions_count_up_by_name(self, store: Store) -> None:
        versions = [await publish(store, name, content) for name, content in (("a", b"1"), ("b", b"1"), ("a", b"2"))]

        assert [(version.pin.name, version.pin.version) for version in versions] == [("a", 1), ("b", 1), ("a", 2)]

    async def test_publishing_what_is_the_newest_gives_that_one(self, store: Store, clock: ManualClock) -> None:
        first = await publish(store, "post", b"1")
        await clock.advance(5)

        assert await publish(store, "post", b"1") == first

    async def test_going_back_to_an_older_content_is_a_new_version(self, store: Store) -> None:
        for content in (b"1", b"2", b"1"):
            await publish(store, "post", content)

        assert (await store.prompts.find("post")).pin.version == 3

    async def test_the_same_content_published_at_once_is_one_version(self, store: Store) -> None:
        versions = await asyncio.gather(*(publish(store, "post", b"1") for _ in range(20)))

        assert {version.pin.version for version in versions} == {1}

    async def test_different_contents_published_at_once_are_different_versions(self, store: Store) -> None:
        versions = await asyncio.gather(*(publish(store, "post", b"%d" % n) for n in range(20)))

        assert sorted(version.pin.version for version in versions) == list(range(1, 21))

    async def test_a_version_is_found_by_number_for_good(self, store: Store) -> None:
        first = await publish(store, "post", b"1")
        second = await publish(store, "post", b"2")

        assert await store.prompts.find("post@1") == first
        assert await store.prompts.find("post@2") == second
        assert await store.prompts.find("post") == second

    async def test_a_label_means_the_version_that_it_was_set_to_last(self, store: Store) -> None:
        for content in (b"1", b"2", b"3"):
            await publish(store, "post", content)
        await store.prompts.label("post", "production", 1)
        await store.prompts.label("post", "production", 2)
        await store.prompts.label("post", "beta", 2)

        found = await store.prompts.find("post@production")

        assert (found.pin.version, found.labels) == (2, ("beta", "production"))
        assert (await store.prompts.find("post")).labels == ()

    async def test_a_label_belongs_to_its_set(self, store: Store) -> None:
        await publish(store, "a", b"1")
        await publish(store, "b", b"1")
        await store.prompts.label("a", "production", 1)

        with pytest.raises(PromptNotFoundError):
            await store.prompts.find("b@production")

    @pytest.mark.parametrize(
        "reference",
        [
            "",
            "nothing",
            "post@2",
            "post@0",
            "post@-1",
            "post@",
            "post@beta",
            "post@1@1",
            "post@99999999999999999999",
            "@1",
        ],
    )
    async def test_what_is_not_there_is_not_found(self, store: Store, reference: str) -> None:
        await publish(store, "post", b"1")

        with pytest.raises(PromptNotFoundError):
            await store.prompts.find(reference)

    async def test_a_label_for_no_version_is_refused(self, store: Store) -> None:
        await publish(store, "post", b"1")

        for name, version in (("post", 2), ("nothing", 1)):
            with pytest.raises(PromptNotFoundError):
                await store.prompts.label(name, "production", version)

    @pytest.mark.parametrize("label", ["", "3", "a@b", "Production", "a b", "a" * 65])
    async def test_a_label_that_no_reference_could_name_is_refused(self, store: Store, label: str) -> None:
        await publish(store, "post", b"1")

        with pytest.raises(InvalidRequestError):
            await store.prompts.label("post", label, 1)

    async def test_a_list_shows_the_newest_version_of_every_set_by_name(self, store: Store) -> None:
        for name, content in (("b", b"1"), ("a", b"1"), ("b", b"2")):
            await publish(store, name, content)
        await store.prompts.label("a", "production", 1)

        listed = await store.prompts.list()

        assert [(version.pin.name, version.pin.version, version.labels) for version in listed] == [
            ("a", 1, ("production",)),
            ("b", 2, ()),
        ]
        assert listed[0].published_at == START

    async def test_a_store_without_sets_lists_none(self, store: Store) -> None:
        assert await store.prompts.list() == ()

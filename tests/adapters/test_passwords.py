"""Argon2id hashes: what they accept, and that checking them holds nothing else up."""

from __future__ import annotations

import asyncio
import threading
import unicodedata
from collections.abc import Iterator

import pytest
from argon2 import extract_parameters

from adapters.auth.passwords import Argon2Passwords
from domain.errors import InvalidRequestError

PASSWORD = "correct horse battery"


@pytest.fixture
def passwords() -> Iterator[Argon2Passwords]:
    with Argon2Passwords(memory_kib=8, passes=1) as passwords:
        yield passwords


async def test_only_the_password_matches_its_hash(passwords: Argon2Passwords) -> None:
    hashed = await passwords.hash(PASSWORD)

    answers = [await passwords.verify(hashed, given) for given in (PASSWORD, PASSWORD + " ", PASSWORD[:-1], "")]

    assert answers == [True, False, False, False]


async def test_no_hash_matches_nothing(passwords: Argon2Passwords) -> None:
    assert not await passwords.verify(None, PASSWORD)


async def test_a_hash_that_is_none_matches_nothing(passwords: Argon2Passwords) -> None:
    assert not await passwords.verify("plain", "plain")


async def test_two_hashes_of_one_password_differ_and_hide_it(passwords: Argon2Passwords) -> None:
    hashes = {await passwords.hash(PASSWORD), await passwords.hash(PASSWORD)}

    assert len(hashes) == 2
    assert not [hashed for hashed in hashes if "horse" in hashed]


async def test_a_letter_spelled_in_two_ways_is_one_letter(passwords: Argon2Passwords) -> None:
    composed, decomposed = (unicodedata.normalize(form, "crème brûlée à gogo") for form in ("NFC", "NFD"))

    assert await passwords.verify(await passwords.hash(composed), decomposed)


@pytest.mark.parametrize("password", ["x" * 11, "", "é" * 513, "x" * 1025])
async def test_too_short_and_too_long_passwords_are_refused(passwords: Argon2Passwords, password: str) -> None:
    with pytest.raises(InvalidRequestError, match="password is too"):
        await passwords.hash(password)


@pytest.mark.parametrize("password", ["x" * 12, "x" * 1024, "é" * 512, "🔑" * 12, "a\0b" * 4, "\ud800" * 12])
async def test_passwords_within_the_rules_are_taken_whole(passwords: Argon2Passwords, password: str) -> None:
    hashed = await passwords.hash(password)

    assert await passwords.verify(hashed, password)
    assert not await passwords.verify(hashed, password[:-1])


async def test_a_password_of_which_the_longest_one_is_the_beginning_does_not_match(passwords: Argon2Passwords) -> None:
    hashed = await passwords.hash("x" * 1024)

    assert not await passwords.verify(hashed, "x" * 1025)


async def test_a_missing_hash_costs_as_much_as_a_real_one(passwords: Argon2Passwords) -> None:
    assert extract_parameters(passwords._decoy) == extract_parameters(await passwords.hash(PASSWORD))


async def test_hashes_made_in_another_way_are_to_be_made_again(passwords: Argon2Passwords) -> None:
    with Argon2Passwords(memory_kib=16, passes=1) as stronger:
        hashed = await passwords.hash(PASSWORD)

        assert stronger.needs_rehash(hashed)
        assert not passwords.needs_rehash(hashed)
        assert await stronger.verify(hashed, PASSWORD)


async def test_what_operators_get_is_what_owasp_asks_for() -> None:
    with Argon2Passwords() as passwords:
        made = extract_parameters(await passwords.hash(PASSWORD))

    assert (made.type.name, made.memory_cost, made.time_cost, made.parallelism) == ("ID", 19_456, 2, 1)


async def test_a_crowd_is_checked_on_a_few_threads_and_not_on_the_loop() -> None:
    with Argon2Passwords(threads=2, memory_kib=8, passes=1) as passwords:
        await asyncio.gather(*(passwords.verify(None, PASSWORD) for _ in range(100)))
        working = [thread for thread in threading.enumerate() if thread.name.startswith("password")]

    assert 1 <= len(working) <= 2

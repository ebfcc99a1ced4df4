"""Where the signing key comes from, and which are refused."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.auth.keys import FILE, SigningKeys, load_keys, parse_keys
from tests.tokens import KEY, OLD_KEY

WEAK = {
    "nothing": "",
    "blank lines": "\n \n",
    "31 bytes": KEY[:31],
    "one letter": "a" * 64,
    "a word repeated": "abcdefghijklmnop" * 2,
    "few letters": "abcabcbbacbabcabacbacbabcabcabcabbac",
    "a placeholder": "change-me-please-0123456789-abcdefgh",
    "Django's prefix": "django-insecure-" + KEY,
    "a page's example": "a-string-secret-at-least-256-bits-long",
    "another page's example": "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "a JWK": '{"kty":"oct","k":"' + KEY + '"}',
    "an SSH key": "ssh-ed25519 " + KEY,
    "a weak second one": f"{KEY}\nsecret",
}


@pytest.mark.parametrize("name", WEAK)
def test_a_key_is_refused_that_is(name: str) -> None:
    with pytest.raises(ValueError, match="signing key"):
        parse_keys(WEAK[name])


def test_no_refusal_shows_the_key() -> None:
    for text in WEAK.values():
        with pytest.raises(ValueError, match="signing key") as refused:
            parse_keys(text)
        assert not [line for line in text.split() if len(line) > 10 and line in str(refused.value)]


def test_random_keys_are_never_refused() -> None:
    for _ in range(500):
        parse_keys(secrets.token_urlsafe(32))
        parse_keys(secrets.token_hex(32))


def test_the_first_of_several_keys_signs() -> None:
    keys = parse_keys(f"{KEY}\n{OLD_KEY}\n")

    assert keys.keys[keys.current] == KEY
    assert sorted(keys.keys.values()) == sorted([KEY, OLD_KEY])
    assert parse_keys(KEY).current == keys.current


def test_a_current_key_must_be_among_the_keys() -> None:
    with pytest.raises(ValueError, match="not among"):
        SigningKeys(current="b", keys={"a": KEY})


def test_keys_are_not_shown() -> None:
    assert KEY not in repr(parse_keys(KEY))


def test_a_key_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"

    made, read = load_keys(folder), load_keys(folder)

    assert made == read
    assert (folder / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_a_key_is_not_readable_for_a_moment_under_an_open_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_keys(tmp_path)
    finally:
        os.umask(before)

    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: load_keys(tmp_path).current, range(64)))

    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_key_that_its_group_can_read_is_closed(tmp_path: Path) -> None:
    made = load_keys(tmp_path)
    (tmp_path / FILE).chmod(0o660)

    assert load_keys(tmp_path) == made
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_key_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    load_keys(tmp_path)
    (tmp_path / FILE).chmod(0o604)

    with pytest.raises(ValueError, match="chmod 600"):
        load_keys(tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).touch(mode=0o600)

    with pytest.raises(ValueError, match="no signing key"):
        load_keys(tmp_path)

"""Refusing a server that would lose runs, with the setting that would do it."""

from __future__ import annotations

from collections.abc import Mapping

from redis import exceptions

from adapters.stores.redis.cluster import ask_once
from adapters.stores.redis.connection import Access, Place
from adapters.stores.redis.fault import explained
from domain.errors import StoreRefusedError

OLDEST_VERSION = 7
_POLICIES = ("everysec", "always")


async def check_server(access: Access, place: Place) -> bool:
    """Hold a server to what keeps runs; return whether it is a node of a cluster.

    Raises:
        StoreRefusedError: A setting would lose runs, or the user may not see them.
        StoreUnavailableError: It does not answer.
    """
    with explained():
        info = _read_info(await ask_once(access, place, "INFO"))
    _check_info(info)
    await _check_fsync(access, place)
    return info.get("redis_mode") == "cluster"


def _read_info(raw: bytes) -> Mapping[str, str]:
    lines = (line.partition(":") for line in raw.decode("utf-8", "replace").splitlines())
    return {name: value for name, colon, value in lines if colon}


def _check_info(info: Mapping[str, str]) -> None:
    version = info.get("redis_version", "0")
    if int(version.partition(".")[0]) < OLDEST_VERSION:
        raise StoreRefusedError(f"Redis {version} is too old; Galley needs {OLDEST_VERSION} or newer, or Valkey.")
    if info.get("loading") == "1":
        # While it reads its files it does not tell what it will do with new ones.
        return
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise _refuse("maxmemory-policy", policy, "noeviction", "it would remove runs to make room")
    if info.get("aof_enabled") != "1":
        raise _refuse("appendonly", "no", "yes", "a restart would lose runs")


async def _check_fsync(access: Access, place: Place) -> None:
    try:
        with explained():
            answer = await ask_once(access, place, "CONFIG", "GET", "appendfsync")
    except (exceptions.ResponseError, StoreRefusedError):
        raise StoreRefusedError(
            "Redis does not let the user of STORE_URL read its settings, so nobody knows whether it would lose runs;"
            " allow that with ACL SETUSER <user> +config|get."
        ) from None
    policy = answer[1].decode() if len(answer) > 1 else ""
    if policy not in _POLICIES:
        raise _refuse("appendfsync", policy, "everysec", "a power cut would lose more than a second of runs")


def _refuse(setting: str, value: str, wanted: str, why: str) -> StoreRefusedError:
    advice = f"set it with CONFIG SET {setting} {wanted}, and in its configuration file"
    return StoreRefusedError(f"Redis has {setting} {value}, so {why}; {advice}.")

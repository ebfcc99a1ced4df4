"""The laws of `UserStore` and `SessionStore`."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from attrs import evolve

from adapters.clock import START, ManualClock
from domain.errors import RevokedTokenError, UserExistsError, UserNotFoundError
from domain.user import Role, Session, User
from tests.contract.store import Store, StoreContract

ANN = User(
    id="user-1",
    name="Ann",
    password_hash="$argon2id$v=19$...",
    roles=frozenset({Role.AUTHOR, Role.ADMIN}),
    created_at=START,
)
BOB = User(id="user-2", name="bob", password_hash="hash", roles=frozenset(), created_at=START, is_disabled=True)
SESSION = Session(id="session-1", user_id="user-1", token_id="token-1", expires_at=START + timedelta(days=30))


class UserStoreContract(StoreContract):
    async def test_a_user_is_found_by_name_and_by_id(self, store: Store) -> None:
        await store.users.add(ANN)
        await store.users.add(BOB)

        assert await store.users.find("Ann") == ANN
        assert await store.users.get("user-2") == BOB

    async def test_a_user_that_is_not_there_is_not_found(self, store: Store) -> None:
        with pytest.raises(UserNotFoundError):
            await store.users.find("Ann")
        with pytest.raises(UserNotFoundError):
            await store.users.get("user-1")
        with pytest.raises(UserNotFoundError):
            await store.users.save(ANN)

    @pytest.mark.parametrize("name", ["ann", "ANN", "\uff21nn"])
    async def test_case_and_width_make_no_other_name(self, store: Store, name: str) -> None:
        await store.users.add(ANN)

        with pytest.raises(UserExistsError):
            await store.users.add(evolve(BOB, name=name))

        assert await store.users.find(name) == ANN

    async def test_an_id_is_taken_once(self, store: Store) -> None:
        await store.users.add(ANN)

        with pytest.raises(UserExistsError):
            await store.users.add(evolve(ANN, name="other"))

        assert await store.users.list() == (ANN,)

    async def test_a_name_that_many_want_at_once_is_given_once(self, store: Store) -> None:
        users = [evolve(ANN, id=f"user-{n}") for n in range(10)]

        answers = await asyncio.gather(*(store.users.add(user) for user in users), return_exceptions=True)

        assert sum(isinstance(answer, UserExistsError) for answer in answers) == 9
        assert len(await store.users.list()) == 1

    async def test_users_are_listed_by_name(self, store: Store) -> None:
        carl = evolve(BOB, id="user-3", name="Carl")
        for user in (carl, BOB, ANN):
            await store.users.add(user)

        assert await store.users.list() == (ANN, BOB, carl)

    async def test_a_saved_user_replaces_the_old_one(self, store: Store) -> None:
        await store.users.add(ANN)
        changed = evolve(ANN, name="anna", password_hash="new", roles=frozenset({Role.EDITOR}), is_disabled=True)

        await store.users.save(changed)

        assert await store.users.list() == (changed,)
        with pytest.raises(UserNotFoundError):
            await store.users.find("ann")

    async def test_a_user_may_change_the_case_of_the_name(self, store: Store) -> None:
        await store.users.add(ANN)

        await store.users.save(evolve(ANN, name="ANN"))

        assert (await store.users.find("ann")).name == "ANN"

    async def test_a_user_does_not_get_the_name_of_another(self, store: Store) -> None:
        await store.users.add(ANN)
        await store.users.add(BOB)

        with pytest.raises(UserExistsError):
            await store.users.save(evolve(BOB, name="ann"))

        assert await store.users.list() == (ANN, BOB)


class SessionStoreContract(StoreContract):
    async def test_a_started_session_is_not_revoked(self, store: Store) -> None:
        await store.sessions.start(SESSION)

        assert not await store.sessions.is_revoked("session-1")

    async def test_a_session_that_is_not_known_is_revoked(self, store: Store) -> None:
        assert await store.sessions.is_revoked("session-1")

    async def test_the_good_token_is_exchanged_for_the_next(self, store: Store) -> None:
        await store.sessions.start(SESSION)

        second = await store.sessions.rotate("session-1", token_id="token-1", next_token_id="token-2")
        third = await store.sessions.rotate("session-1", token_id="token-2", next_token_id="token-3")

        assert (second, third) == (evolve(SESSION, token_id="token-2"), evolve(SESSION, token_id="token-3"))

    async def test_a_token_that_is_used_again_ends_the_session(self, store: Store) -> None:
        await store.sessions.start(SESSION)
        await store.sessions.rotate("session-1", token_id="token-1", next_token_id="token-2")

        with pytest.raises(RevokedTokenError):
            await store.sessions.rotate("session-1", token_id="token-1", next_token_id="token-3")

        assert await store.sessions.is_revoked("session-1")
        with pytest.raises(RevokedTokenError):
            await store.sessions.rotate("session-1", token_id="token-2", next_token_id="token-4")

    async def test_fifty_at_once_with_one_token_have_one_winner_and_end_the_session(self, store: Store) -> None:
        await store.sessions.start(SESSION)
        rotations = (store.sessions.rotate("session-1", token_id="token-1", next_token_id=f"t-{n}") for n in range(50))

        answers = await asyncio.gather(*rotations, return_exceptions=True)

        assert sum(isinstance(answer, Session) for answer in answers) == 1
        assert sum(isinstance(answer, RevokedTokenError) for answer in answers) == 49
        assert await store.sessions.is_revoked("session-1")

    async def test_a_token_of_no_session_is_refused(self, store: Store) -> None:
        with pytest.raises(RevokedTokenError):
            await store.sessions.rotate("session-1", token_id="token-1", next_token_id="token-2")

    async def test_a_session_is_over_at_its_time(self, store: Store, clock: ManualClock) -> None:
        await store.sessions.start(evolve(SESSION, expires_at=START + timedelta(seconds=10)))
        await clock.advance(9)
        await store.sessions.rotate("session-1", token_id="token-1", next_token_id="token-2")

        await clock.advance(1)

        with pytest.raises(RevokedTokenError):
            await store.sessions.rotate("session-1", token_id="token-2", next_token_id="token-3")

    async def test_one_session_is_revoked(self, store: Store) -> None:
        await store.sessions.start(SESSION)
        await store.sessions.start(evolve(SESSION, id="session-2"))

        await store.sessions.revoke(session_id="session-1")

        revoked = [await store.sessions.is_revoked(session_id) for session_id in ("session-1", "session-2")]
        assert revoked == [True, False]

    async def test_all_sessions_of_a_user_are_revoked(self, store: Store) -> None:
        for session_id, user_id in (("session-1", "user-1"), ("session-2", "user-1"), ("session-3", "user-2")):
            await store.sessions.start(evolve(SESSION, id=session_id, user_id=user_id))

        await store.sessions.revoke(user_id="user-1")

        revoked = [await store.sessions.is_revoked(f"session-{n}") for n in (1, 2, 3)]
        assert revoked == [True, True, False]

    async def test_revoking_nothing_in_particular_revokes_nothing(self, store: Store) -> None:
        await store.sessions.start(SESSION)

        await store.sessions.revoke()
        await store.sessions.revoke(session_id="session-9")

        assert not await store.sessions.is_revoked("session-1")

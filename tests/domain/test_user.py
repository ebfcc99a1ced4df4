"""Who may act as what."""

from __future__ import annotations

import pytest

from domain.user import Principal, Role
from tests.examples import NOW


@pytest.mark.parametrize(
    ("roles", "role", "may"),
    [
        ({Role.AUTHOR}, Role.AUTHOR, True),
        ({Role.AUTHOR}, Role.EDITOR, False),
        ({Role.EDITOR}, Role.ADMIN, False),
        ({Role.ADMIN}, Role.EDITOR, True),
    ],
)
def test_an_admin_may_act_as_anybody(roles: set[Role], role: Role, may: bool) -> None:
    principal = Principal(user_id="1", name="ann", roles=frozenset(roles), session="s", expires_at=NOW)

    assert principal.has_role(role) is may

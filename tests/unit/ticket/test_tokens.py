from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError

from repro.errors import TicketAuthError
from repro.ticket.tokens import CUSTOMARY, Token, variable

SECRET = "s3cret-0123456789"


class Keyring(KeyringBackend):
    """One that holds a token for the system called ``ours``."""

    priority = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        return SECRET if (service, username) == ("repro", "ours") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


class NoKeyring(Keyring):
    """As on a machine without a desktop."""

    def get_password(self, service: str, username: str) -> str | None:
        raise NoKeyringError


@pytest.fixture(autouse=True)
def _keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    yield
    keyring.set_keyring(before)


def test_the_systems_own_variable_comes_first() -> None:
    environ = {variable("our-git"): SECRET, "GITHUB_TOKEN": "another"}
    assert variable("our-git") == "REPRO_TICKET_OUR_GIT_TOKEN"
    assert Token("our-git", "github", environ)() == SECRET


@pytest.mark.parametrize(("kind", "customary"), CUSTOMARY.items())
def test_then_the_one_that_other_programs_read(kind: str, customary: str) -> None:
    assert Token("ours", kind, {customary: "a-token"})() == "a-token"


def test_then_the_keyring() -> None:
    assert Token("ours", "redmine", {})() == SECRET


@pytest.mark.parametrize("ring", [Keyring, NoKeyring])
def test_without_one_the_ways_to_give_one_are_told(ring: type[Keyring]) -> None:
    keyring.set_keyring(ring())
    with pytest.raises(TicketAuthError, match="no token for theirs") as caught:
        Token("theirs", "rt", {})()
    assert "REPRO_TICKET_THEIRS_TOKEN" in caught.value.action
    assert "RT_TOKEN" in caught.value.cause


@pytest.mark.parametrize("value", ["two words", "with\nline", "naïve"])
def test_what_no_header_can_hold_is_refused_unseen(value: str) -> None:
    with pytest.raises(TicketAuthError) as caught:
        Token("ours", "rt", {"RT_TOKEN": value})()
    assert value not in str(caught.value)


def test_a_token_is_not_shown() -> None:
    token = Token("ours", "rt", {})
    assert token() == SECRET
    assert SECRET not in f"{token!r} {token} {token.hide(f'Authorization: token {SECRET}')}"


def test_keyring_is_not_loaded_while_a_variable_is_set() -> None:
    code = (
        "import sys; from repro.ticket.tokens import Token; "
        "Token('rt', 'rt', {'RT_TOKEN': 'x'})(); sys.exit('keyring' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[3], timeout=60, check=False
    )
    assert done.returncode == 0

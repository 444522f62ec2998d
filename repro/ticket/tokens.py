"""Tokens: from the environment or the keyring, never from a command line or a file of ours."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from repro.errors import TicketAuthError
from repro.model.secret import REDACTED

#: The variable that each system's other programs read theirs from.
CUSTOMARY = {
    "github": "GITHUB_TOKEN",
    "gitlab": "GITLAB_TOKEN",
    "jira": "JIRA_API_TOKEN",
    "redmine": "REDMINE_API_KEY",
    "rt": "RT_TOKEN",
    "zendesk": "ZENDESK_TOKEN",
}
_HEADER = re.compile(r"[\x21-\x7e]+")


def variable(name: str) -> str:
    """The variable of one system: ``REPRO_TICKET_<NAME>_TOKEN``."""
    return f"REPRO_TICKET_{re.sub(r'[^A-Z0-9]', '_', name.upper())}_TOKEN"


class Token:
    """A system's token, looked up when it is first asked for; shown by nothing.

    ``name`` is the system's in the settings, ``kind`` what it is.
    """

    def __init__(self, name: str, kind: str, environ: Mapping[str, str] = os.environ) -> None:
        self.name = name
        self._customary = CUSTOMARY.get(kind)
        self._environ = environ
        self._value = ""

    def __call__(self) -> str:
        """The token.  Raises TicketAuthError where there is none."""
        if not self._value:
            self._value = self._look_up()
        return self._value

    def hide(self, text: str) -> str:
        """The text without the token."""
        return text.replace(self._value, REDACTED) if self._value else text

    def __repr__(self) -> str:
        return f"Token({self.name!r})"

    def _look_up(self) -> str:
        variables = [name for name in (variable(self.name), self._customary) if name]
        found = [self._environ[name] for name in variables if self._environ.get(name)]
        value = (found[0] if found else _of_keyring(self.name)).strip()
        if not value:
            raise TicketAuthError(
                f"there is no token for {self.name}",
                cause=f"neither {' nor '.join(variables)} is set, and the keyring has none",
                action=f"set {variables[0]}, or store it once: `keyring set repro {self.name}`",
            )
        if not _HEADER.fullmatch(value):
            raise TicketAuthError(
                f"the token for {self.name} has characters that no token has",
                cause="it was cut, or something else was stored in its place",
            )
        return value


def _of_keyring(name: str) -> str:
    """What the keyring has; empty where there is none, or no keyring."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return keyring.get_password("repro", name) or ""
    except KeyringError:
        return ""

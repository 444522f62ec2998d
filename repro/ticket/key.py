"""``SYSTEM:KEY``, as a command line and a case name a ticket."""

from __future__ import annotations

import re

from repro.errors import InputError
from repro.model.ticket import TicketKey

_FORM = re.compile(r"(?P<system>[A-Za-z][\w.-]*):(?P<key>\S(?:.*\S)?)")
_EXAMPLES = "write SYSTEM:KEY, such as redmine:123, github:owner/name#45 or file:/path"


def parse_key(text: str, *, where: str = "--ticket") -> TicketKey:
    """The ticket that a text names.  ``where`` is the place it stands.  Raises InputError."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{where} {text!r} names no ticket", action=_EXAMPLES)
    if found["key"].startswith("//"):
        raise InputError(
            f"{where} {text!r} is an address, not a ticket's key",
            cause="the address of a system stands in the settings, under `tickets`",
            action=_EXAMPLES,
        )
    if not found["key"].isprintable():
        raise InputError(f"{where} {text!r} has characters that no key has", action=_EXAMPLES)
    return TicketKey(system=found["system"], key=found["key"])


def case_keys(texts: tuple[str, ...], case: str) -> tuple[TicketKey, ...]:
    """The tickets that a case names.  Raises InputError.

    A case comes from anywhere: it may name tickets, but no folder of this machine.
    """
    keys = tuple(parse_key(text, where=f"the case {case}: tickets:") for text in texts)
    for key in keys:
        if key.system == "file" and ("/" in key.key or key.key.startswith(".")):
            raise InputError(
                f"the case {case} names the folder {key.key} as its ticket",
                cause="a case may have been written by anybody",
                action=f"name it yourself: --ticket {key}",
            )
    return keys

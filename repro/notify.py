"""Telling people, by apprise.  All use of it is here."""

from __future__ import annotations

from collections.abc import Sequence

from repro.errors import ServiceError, SettingsError


def notify(addresses: Sequence[str], title: str, body: str) -> None:
    """Send a text to every address.

    Raises SettingsError for an address that apprise cannot read, or where it is not installed;
    ServiceError when a service did not take the text.  Addresses hold secrets: none is named.
    """
    try:
        import apprise
    except ImportError as error:
        raise SettingsError(
            "nobody was told: apprise is not installed",
            cause=str(error),
            action="install it: `pip install 'repro-cases[notify]'`",
        ) from error
    sender = apprise.Apprise()
    for number, address in enumerate(addresses, 1):
        if not sender.add(address):
            raise SettingsError(
                f"nobody was told: address {number} of `notify` is none that apprise can read",
                action="write it as apprise's documentation says, like mailto://… or json://…",
            )
    if not sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
        raise ServiceError(
            "not everybody could be told of the recheck",
            cause="a service in `notify` did not take it",
            action="the digest is kept: `repro campaigns`; try the address with apprise itself",
        )

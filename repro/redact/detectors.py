"""All that looks for what must not leave, as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from repro.redact.assigned import assigned
from repro.redact.blocks import private_keys
from repro.redact.columns import columns
from repro.redact.hit import Detector, Hit, merged
from repro.redact.kinds import places, tokens
from repro.redact.library import library
from repro.redact.objects import kubernetes


class Detectors(NamedTuple):
    """``known``: values known to be secret.  ``names``: the customer's."""

    known: Detector
    names: Detector

    def plain(self, text: str) -> Iterator[Hit]:
        """What stands in a text as it is."""
        own = [*self.known(text), *private_keys(text), *tokens(text), *places(text)]
        own += [*assigned(text), *columns(text), *kubernetes(text)]
        yield from own
        yield from library(text, merged(own))
        yield from self.names(text)

    def joined(self, text: str) -> Iterator[Hit]:
        """What is a secret wherever it stands."""
        yield from self.known(text)
        yield from tokens(text)

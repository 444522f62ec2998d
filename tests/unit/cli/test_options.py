from __future__ import annotations

import pytest

from repro.cli.options import listed
from repro.errors import InputError


def test_lists() -> None:
    assert listed(None) == ()
    assert listed(" a,b,,a ") == ("a", "b")
    with pytest.raises(InputError, match="names nothing"):
        listed(",")

from __future__ import annotations

from pathlib import Path

import pytest

from repro.casefile.document import Unreadable, parse


@pytest.mark.parametrize("code", [0x85, 0xA0, 0xD7FF, 0xE000, 0xFFFD, 0x10000, 0x10FFFF])
def test_what_yaml_allows_may_stand_in_a_file(code: int) -> None:
    text = f"# {chr(code)}\na: b\n"
    assert parse(text.encode(), Path("case.yml")).root == {"a": "b"}


@pytest.mark.parametrize("code", [0x1, 0x8, 0xB, 0xC, 0xE, 0x1F, 0x7F, 0x84, 0x86, 0x9F, 0xFFFE])
def test_what_it_does_not_is_told_with_its_place(code: int) -> None:
    with pytest.raises(Unreadable, match=f"the control character U\\+{code:04X}") as caught:
        parse(f"# fine\na: {chr(code)}\n".encode(), Path("case.yml"))
    assert caught.value.position == (2, 4)

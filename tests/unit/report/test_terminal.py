from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.report.terminal import PLAIN, Reader, Style, bare, visible
from repro.report.text import HIDDEN

#: Texts in which control sequences are likely.
HOSTILE = st.lists(
    st.sampled_from([
        "\x1b", "[", "31m", "1;4m", "\x1b[0m", "\x1b[38;5;9m", "\x1b[8m", "]52;c;", "\x07", "\\",
        "\x9b", "2J", "P", "\r", "\n", "\t", "a", "<b>", "\u202e", "\u200b", "\x00", "\ud800", "é",
    ]) | st.text(max_size=5)
).map("".join)  # fmt: skip
OURS = re.compile(r"\x1b\[[0-9;]*m")


def test_colours_are_read_and_go_on() -> None:
    reader = Reader()
    assert list(reader.pieces("a\x1b[1;31mred")) == [
        ("a", PLAIN), ("red", Style(bold=True, colour=1))
    ]  # fmt: skip
    assert list(reader.pieces("on\x1b[22;39moff")) == [
        ("on", Style(bold=True, colour=1)), ("off", PLAIN)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("codes", "style"),
    [
        ("", PLAIN),
        ("97", Style(colour=15)),
        ("38;5;12", Style(colour=12)),
        ("38;5;200", PLAIN),
        ("38;2;1;2;3;4", Style(underline=True)),
        ("48;5;1;2", Style(dim=True)),
        ("38", PLAIN),
        ("8;5;7;300;3", Style(italic=True)),
    ],
)
def test_sequences_of_colours(codes: str, style: Style) -> None:
    assert list(Reader().pieces(f"\x1b[{codes}mx")) == [("x", style)]


def test_what_acts_is_shown_on_a_page() -> None:
    assert visible("\x1b]0;t\x07 \u202egpj\u200b\x7f\x9b\r\n") == (
        "␛]0;t␇ ⟨U+202E⟩gpj⟨U+200B⟩␡⟨U+009B⟩\n"
    )


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[2J", "\x1b[?1049h", "\x1b[10;10H", "\x1b]0;title\x07", "\x1b]52;c;aGk=\x1b\\",
        "\x1bP+q\x1b\\", "\x1bc", "\x1b(0", "\x9b2J", "\x9d8;;http://x\x9c", "\x07", "\x08",
        "\u202e", "\u200d", "\x1b[31m",
    ],
)  # fmt: skip
def test_what_acts_is_not_in_a_text_for_a_terminal(sequence: str) -> None:
    assert bare(f"a{sequence}b") == "ab"


def test_an_open_control_string_hides_one_line_at_most() -> None:
    assert bare("a\x1b]0;open\nnext") == "a\nnext"


def test_nothing_is_written_over() -> None:
    assert bare("password\r        \r\nok") == "password\n        \nok"


@given(HOSTILE)
def test_a_page_shows_every_character(text: str) -> None:
    shown = "".join(piece for piece, _ in Reader().pieces(text))
    assert not HIDDEN.search(shown)
    letters = [c for c in re.sub(r"\x1b\[[0-9;:]{0,64}m", "", text) if not HIDDEN.match(c)]
    rest = iter(shown)
    assert all(letter in rest for letter in letters)


@given(HOSTILE)
def test_a_terminal_gets_text_and_colours_alone(text: str) -> None:
    reader = Reader()
    coloured = reader.coloured(text)
    assert not HIDDEN.search(OURS.sub("", coloured))
    # Left as it was found: what comes after is drawn as usual.
    assert "\x1b" not in coloured or OURS.findall(coloured)[-1] == "\x1b[0m"
    assert "8" not in "".join(OURS.findall(coloured)).replace("38", "")


@pytest.mark.parametrize("piece", ["\x1b[", "\x1b]", "\r", "\x1b[1", "\x1b[31m\x1b]", "\x9b;"])
def test_megabytes_take_no_time(piece: str) -> None:
    text = piece * (4_000_000 // len(piece))
    started = time.monotonic()
    bare(text)
    visible(text)
    assert time.monotonic() - started < 30

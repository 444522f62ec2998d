"""Other readings of a text know where their characters came from."""

from __future__ import annotations

import base64
import html
import json
import re
from itertools import pairwise
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from repro.redact.blobs import blobs
from repro.redact.hit import Extract, Hit, lowered, merged
from repro.redact.views import View, views

plain = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
UNIT = re.compile(r"%[0-9A-F]{2}(?:%[0-9A-F]{2})*")


def decode(unit: str) -> str:
    return bytes.fromhex(unit.replace("%", "")).decode("latin-1")


@given(
    st.lists(plain | plain.map(lambda text: "".join(f"%{ord(s):02X}" for s in text)), max_size=6)
)
def test_each_character_comes_from_its_own_place(parts: list[str]) -> None:
    text = "".join(parts)
    view = View(text, UNIT, decode)
    for index in range(len(view.text)):
        start, end = view.origin(index, index + 1)
        piece = text[start:end]
        assert view.text[index] == (decode(piece) if end - start == 3 else piece)


@given(plain.filter(lambda text: not set(text) & set("%\\")))
def test_usual_encodings_are_read(text: str) -> None:
    escaped = text.encode("unicode_escape").decode() + "".join(f"\\x{ord(s):02x}" for s in text)
    for encoded, read in (
        (quote(text, safe=""), text),
        (html.escape(text), text),
        (json.dumps(text)[1:-1], text),
        (escaped, text + text),
    ):
        assert encoded == read or read in {view.text for view in views(encoded) if view}


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=12, max_size=90), plain)
def test_base64_is_read_wherever_it_begins(text: str, before: str) -> None:
    encoded = base64.b64encode(text.encode()).decode()
    found = [blob for blob in blobs(f"{before} {encoded} after") if text in blob.text]
    assert found
    assert all(blob.end == len(before) + 1 + len(encoded) for blob in found)


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    for view in views(text):
        for index in range(len(view.text)):
            start, end = view.origin(index, index + 1)
            assert 0 <= start < end <= len(text)
    assert len(lowered(text)) == len(text)


def test_lower_case_keeps_places() -> None:
    assert lowered("İSTANBUL Key") == "istanbul key"


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.booleans()), max_size=8))
def test_merged_hits_are_apart_and_hide_all_secrets(spans: list[tuple[int, int, bool]]) -> None:
    hits = [Hit(start, start + size, "k", name) for start, size, name in spans]
    made = merged(hits)
    assert all(first.end <= second.start for first, second in pairwise(made))
    covered = {at for hit in made for at in range(hit.start, hit.end)}
    secret = {at for hit in hits if not hit.name for at in range(hit.start, hit.end)}
    assert secret <= {at for hit in made if not hit.name for at in range(hit.start, hit.end)}
    assert covered <= {at for hit in hits for at in range(hit.start, hit.end)}


def test_parts_of_a_text_know_their_places() -> None:
    text = "zero one two three"
    parts = Extract(text, [(5, 8), (13, 18)])
    assert parts.text == "one\nthree"
    assert [text[parts.origin(parts.text.index(sign))] for sign in "oth"] == ["o", "t", "h"]

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from repro.model.observation import Finding, Verdict
from repro.report.excerpt import Room, Span, chosen, evidence_texts, lines, matches, within

ROOM = Room(lines=20, head=3, around=2)
TEXTS = st.lists(st.sampled_from(["", "a", "needle", "b needle b"]), max_size=120).map("\n".join)


def test_evidence_is_that_of_all_findings_the_longest_first() -> None:
    inner = Finding(condition="x", holds=True, why="", evidence="a long text\n")
    outer = Finding(condition="all", holds=True, why="", evidence="text", parts=(inner,))
    short = Finding(condition="exit", holds=True, why="", evidence="1")
    verdict = Verdict(verdict="reproduced", reason="", symptom=(outer,), healthy=(short,))
    assert evidence_texts(verdict) == ["a long text", "text"]
    assert evidence_texts(None) == []


def test_no_match_is_over_another() -> None:
    assert matches("xabcx ab", ["abc", "ab"]) == [Span(1, 4), Span(6, 8)]


def test_of_many_matches_the_first_are_found() -> None:
    assert len(matches("needle\n" * 1000, ["needle"])) == 8


def test_a_short_text_is_shown_as_a_whole() -> None:
    text = "\n" * 19
    assert chosen(text, [], ROOM) == [Span(0, 19)]


@given(TEXTS)
def test_pieces_are_whole_lines_in_order_with_the_head_the_tail_and_the_matches(text: str) -> None:
    marks = matches(text, ["needle"])
    pieces = chosen(text, marks, ROOM)
    assert pieces == sorted(pieces)
    assert pieces[0].start == 0
    assert pieces[-1].end == len(text)
    for piece in pieces:
        assert piece.start == 0 or text[piece.start - 1] == "\n"
        assert piece.end == len(text) or text[piece.end] == "\n"
    for one, other in pairwise(pieces):
        assert text.count("\n", one.end, other.start) > 4
    for mark in marks[: ROOM.lines // 5]:
        assert any(piece.start <= mark.start and mark.end <= piece.end for piece in pieces)
    shown = sum(1 for piece in pieces for _ in lines(text, piece))
    assert shown <= 2 * ROOM.lines + 4 * len(pieces)


@given(TEXTS)
def test_lines_are_those_of_the_text(text: str) -> None:
    found = [text[line.start : line.end] for line in lines(text, Span(0, len(text)))]
    assert found == text.split("\n")


def test_a_match_of_several_lines_is_within_each() -> None:
    text = "one\ntwo\nthree"
    marks = matches(text, ["e\ntwo"])
    found = [bool(within(line, marks)) for line in lines(text, Span(0, len(text)))]
    assert found == [True, True, False]

from __future__ import annotations

from typing import Any

import pytest

from repro.errors import InputError
from repro.report.kb import render
from repro.report.words import Words
from tests.unit.report.subjects import SICK, TROUBLE, WELL, campaign, case, related, seen, subject
from tests.unit.report.test_markdown import BISECTED

KNOWN = case(
    known={"introduced": "1.1", "fixed": "1.3"},
    references=["https://example.com/issues/1"],
    tickets=["desk:4711"],
    workarounds=[
        {"name": "a fixed seed", "env": {"DEMO_SEED": "0"}},
        {
            "name": "an older format",
            "files": [{"path": "/etc/demo.conf", "content": "format: 1\n"}],
            "setup": [{"run": "demo --reload"}],
        },
    ],
)


def told(language: str = "en") -> str:
    known = related(seen("1.2", "reproduced"), seen("1.4"), workaround="a fixed seed")
    known = known.model_copy(update={"bisection": BISECTED})
    return render(subject(SICK, of=KNOWN, related=known), Words(language))


def test_has_all_that_an_article_has() -> None:
    headings = [row for row in told().split("\n") if row.startswith("#")]
    assert headings == [
        "# the client stops with a protocol error", "## Symptom", "## Environment", "## Cause",
        "## Affected versions", "## Fixed versions", "## Workaround", "## How it was verified",
        "## References",
    ]  # fmt: skip


def test_quotes_the_error_as_it_is_printed() -> None:
    assert ">>> ProtocolError: got 7 bytes\n" in told()


def test_marks_what_a_person_fills_in() -> None:
    assert told().count("**[TO FILL IN: ") == 2
    assert told("ja").count("**[要記入: ") == 2


def test_tells_seen_from_believed() -> None:
    text = told()
    assert "- Seen: 1.2\n- Said to be affected since 1.1." in text
    assert "- Seen to be without the issue: 1.4 (run `run-1.4`)" in text
    believed = render(subject(SICK, of=KNOWN), Words())
    assert "- Said to be fixed in 1.3; that was not seen here." in believed
    nothing = render(subject(SICK), Words())
    assert "- No release was seen to be without the issue." in nothing


def test_names_the_release_that_brought_it() -> None:
    assert "It came with 1.1; 1.0 is without it (99.98 %)." in told()


def test_a_workaround_comes_with_what_it_changes() -> None:
    text = told()
    assert "**a fixed seed (seen to help, run `run-w`)**" in text
    assert "```sh\nDEMO_SEED=0\n```" in text
    assert "an older format (not verified)" in text
    assert "Give the file `/etc/demo.conf` this content:\n\n```text\nformat: 1\n\n```" in text
    assert "```sh\ndemo --reload\n```" in text


def test_says_how_it_was_verified() -> None:
    assert "On 2026-11-21 with repro 0.1.0, run `20261121-224155-demo-1-0a1b`." in told()


def test_names_no_ticket_of_a_customer() -> None:
    assert "4711" not in told()


def test_is_japanese_in_japanese() -> None:
    text = told("ja")
    for heading in (
        "事象",
        "発生環境",
        "原因",
        "影響を受けるバージョン",
        "修正済みバージョン",
        "回避策",
    ):
        assert f"\n## {heading}\n" in text


def test_many_issues_make_no_article() -> None:
    with pytest.raises(InputError, match="an article is about one issue"):
        render(campaign("recheck", case=None), Words())


@pytest.mark.parametrize(
    ("seen_here", "sentence"),
    [
        (WELL, "The reported issue does not show on debian-12 with version 1.2."),
        (
            TROUBLE,
            "It could not be tried on debian-12 with version 1.2: the environment or its setup",
        ),
    ],
    ids=["not-reproduced", "environment"],
)
def test_only_what_was_looked_at_is_said_not_to_be_there(seen_here: Any, sentence: str) -> None:
    text = render(subject(seen_here), Words())
    assert sentence in text
    assert "This is printed" not in text


def test_releases_that_could_not_be_run_are_no_neighbours() -> None:
    boundary = BISECTED.boundaries[0].model_copy(update={"between": ("1.0.5",)})
    found = related().model_copy(
        update={"bisection": BISECTED.model_copy(update={"boundaries": (boundary,)})}
    )
    text = render(subject(SICK, related=found), Words())
    assert "It came with 1.1; 1.0 is without it (99.98 %). Between the two lie 1.0.5," in text

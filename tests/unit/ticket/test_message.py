from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.ticket.markup import convert
from repro.ticket.message import Message, beginning_of, ends_with, is_marker, paragraphs
from tests.tickets import a_message

REPORT = """**Reproduced** on debian-12.

```text
one

two
```

- a

````
```

inner
````

The end."""


def test_a_fence_is_never_torn() -> None:
    assert paragraphs(REPORT) == [
        "**Reproduced** on debian-12.",
        "```text\none\n\ntwo\n```",
        "- a",
        "````\n```\n\ninner\n````",
        "The end.",
    ]


@given(st.lists(st.sampled_from(["a", "", "```", "~~~~", "``` x", "   ````", "    ```", "- b"])))
def test_no_line_is_lost(lines: list[str]) -> None:
    parts = paragraphs("\n".join(lines))
    kept = [line for part in parts for line in part.split("\n") if line]
    assert kept == [line for line in lines if line]


def test_what_fits_is_sent_whole_with_its_marker_last() -> None:
    message = a_message(REPORT, end="Attached: `a.html`")
    body = message.body(str, 10_000)
    assert body == f"{REPORT}\n\nAttached: `a.html`\n\n{message.marker}"
    assert is_marker(message.marker)
    assert beginning_of(body) == message.beginning == "repro note: a-case · "


@given(
    st.lists(st.text("ab`\n ", min_size=1, max_size=40), max_size=30),
    st.integers(120, 700),
    st.sampled_from(["markdown", "textile", "jira", "plain", "html"]),
)
def test_a_text_is_cut_at_a_paragraph_to_what_a_system_takes(
    texts: list[str], limit: int, markup: str
) -> None:
    message = a_message("\n\n".join(["**Reproduced**", *texts]), end="Attached: a")
    body = message.body(lambda text: convert(text, markup), limit)  # type: ignore[arg-type]
    assert body.endswith(message.marker)
    assert len(body) <= limit or "The rest did not fit." in body
    assert "Attached" in body or "```" in "".join(texts)


def test_the_first_paragraphs_are_kept_when_the_text_is_cut() -> None:
    message = a_message("\n\n".join(f"paragraph {n}" for n in range(100)), end="Attached: a")
    body = message.body(str, 400)
    assert len(body) <= 400
    assert body.startswith("paragraph 0\n\nparagraph 1\n\n")
    tail = f"The rest did not fit.\n\nAttached: a\n\n{message.marker}"
    assert body.endswith(tail)
    assert "paragraph 20" in body
    assert "paragraph 40" not in body


def test_a_rare_character_counts_twice() -> None:
    message = a_message("\n\n".join(["**Reproduced**", "💥" * 100, "💥" * 100]))
    body = message.body(str, 400)
    assert len(body.encode("utf-16-le")) // 2 <= 400
    assert body.count("💥") == 100


@pytest.mark.parametrize("end", ["\n", "\r\n\r\n", "  \n"])
def test_a_comment_is_ours_by_its_last_line(end: str) -> None:
    body, beginning = a_message("one").body(str, 1000), a_message().beginning
    assert ends_with(body.replace("\n", "\r\n") + end, beginning)
    assert ends_with(body, a_message("one").marker)
    assert not ends_with(body, a_message("two").marker)
    for theirs in (f"{body}\n\nThanks", f"> {a_message().marker}", f"{body} - right?", ""):
        assert not ends_with(theirs, beginning)


def test_what_an_earlier_version_kept_is_read() -> None:
    old = {"ticket": {"system": "x", "key": "1"}, "case": "a", "about": "r", "text": "t"}
    assert Message.model_validate(old).body(str, 1000).startswith("t\n\nrepro note: a · ")


def test_what_was_public_is_another_place_than_what_is_not() -> None:
    internal, public = a_message(), a_message(public=True)
    assert internal.place != public.place
    assert internal.beginning not in public.marker
    assert public.beginning not in internal.marker


@pytest.mark.parametrize("change", [{"text": "x"}, {"end": "x"}])
def test_the_marker_says_whether_anything_changed(change: dict[str, str]) -> None:
    assert a_message().marker == a_message().marker
    assert a_message().marker != a_message().model_copy(update=change).marker


def test_one_case_is_never_taken_for_another() -> None:
    short, long = a_message(case="a"), a_message(case="a-b")
    assert short.beginning not in long.marker
    assert long.beginning not in short.marker

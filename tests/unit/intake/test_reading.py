from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.intake.reading import MAX_TEXT, clean, labelled
from tests.unit.intake.shelf import a_ticket, passages


@pytest.mark.parametrize(
    "block",
    ["```sh\n{}\n```", "~~~\n{}\n~~~", "{{code:bash}}\n{}\n{{code}}", "{{noformat}}{}{{noformat}}",
     "<pre>{}</pre>", '<pre><code class="bash">\n{}\n</code></pre>', "words\n\n    {}\n\nwords"],
)  # fmt: skip
def test_code_is_found_in_every_markup(block: str) -> None:
    found = [each for each in passages(block.format("make test")) if each.kind == "code"]
    assert [each.lines for each in found] == [("make test",)]


def test_a_fence_within_a_longer_one_is_text() -> None:
    [code] = [each for each in passages("````\n```\nx\n```\n````") if each.kind == "code"]
    assert code.lines == ("```", "x", "```")


def test_a_fence_that_is_never_closed_ends_with_the_text() -> None:
    [code] = [each for each in passages("```\nmake\n") if each.kind == "code"]
    assert code.lines == ("make",)


def test_code_knows_its_language_heading_and_the_line_before() -> None:
    text = "### Steps\n\nSave this as `app.py`:\n\n```python\nprint(1)\n```"
    [code] = [each for each in passages(text) if each.kind == "code"]
    assert (code.language, code.heading) == ("python", "steps")
    assert code.before == "Save this as `app.py`:"


@pytest.mark.parametrize(
    "text",
    ["OS: Debian 12", "- OS: Debian 12", "**OS**: Debian 12", "| OS | Debian 12 |",
     "OS\uff1aDebian 12", "・OS\uff1aDebian 12", "### OS\n\nDebian 12",
     "OS:\nDebian 12", "【OS】\nDebian 12"],
)  # fmt: skip
def test_values_with_names(text: str) -> None:
    assert ("os", "Debian 12") in [(name, each.value) for name, each in labelled(passages(text))]


def test_fields_have_names() -> None:
    given = passages(fields={"Operating System": "Debian 12", "Empty": " "})
    assert [(n, f.value) for n, f in labelled(given)] == [("operating system", "Debian 12")]


@settings(deadline=None)
@given(st.text())
def test_what_is_kept_can_be_seen(text: str) -> None:
    assert all(each == "\n" or each.isprintable() for each in clean(text))


def test_control_sequences_and_invisible_characters_go() -> None:
    text = "\x1b[31mred\x1b[0m \x1b]0;title\x07\u202eevil\u2066 a\u200bb\u00a0c\x00"
    assert clean(text) == "red evil ab c"


@pytest.mark.parametrize(
    "piece",
    ["a: " + " " * 900, "# " * 400, "- *" * 300, "`" * 900, "{code" * 200, "\x1b[" * 400,
     "debian " * 140, "master " * 140, "x@" * 450, "v1." * 300, "Error: " * 140, "a" * 900,
     "[" * 900, "/a" * 450, "(" * 900, "==" * 450, '"' * 900],
)  # fmt: skip
def test_no_text_takes_long(piece: str) -> None:
    from repro.intake import draft
    from tests.unit.intake.shelf import shelf

    shelf()
    text = "\n".join([piece] * (MAX_TEXT // len(piece)))
    began = time.process_time()
    draft(a_ticket(text, title=piece, comments=(text,)), shelf())
    assert time.process_time() - began < 30


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!-- e.g. 1.2.3 -->\nVersion: 2.0", ("Version: 2.0",)),
        ("a <!-- b --> c <!-- d -->", ("a  c",)),
        ("a <!-- b\n```\nc\n```\n--> d", ("a", "d")),
        ("a\n\n<!-- never closed\n$ black", ("a",)),
        ("_No response_", ()),
        ("a --> b", ("a --> b",)),
    ],
)
def test_what_a_template_says_is_none_of_the_ticket(text: str, shown: tuple[str, ...]) -> None:
    lines = [line.strip() for each in passages(text)[1:] for line in each.lines]
    assert tuple(filter(None, lines)) == shown


@pytest.mark.parametrize(
    "text", ["```\n<!-- a -->\n```", "    <!-- a -->", "{code}\n<!-- a -->\n{code}"]
)
def test_a_comment_within_code_is_code(text: str) -> None:
    [passage] = passages(text)[1:]
    assert passage.lines == ("<!-- a -->",)

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from repro.casefile import Problem, load
from repro.errors import CaseError
from repro.intake import draft
from repro.intake.draft import slug
from tests.unit.intake.shelf import a_ticket, catalog, drafted, shelf

PIECES = st.sampled_from(
    ["```", "```sh\n", "```python\n", "{code}", "<pre>", "</pre>", "$ ", ">>> ", "\n", "\n\n",
     "    ", "make test", "cd /x", "import os", "pip install x==1.2", "npm i @a/b@2.0", "Error: ",
     "Traceback (most recent call last):", "redis-py 4.5.1", "Debian 12", "OS: ", "Version: ",
     "\t", "\r", "\x00", "\x1b[31m", "\u2028", "\ud7ff", "\u202e", "---\n", "...\n", "# ", ": ",
     "- ", "!!python/object:os.system ", "&a *a ", "{{ x }}", "'", '"', "|2-", "%YAML 1.2\n",
     "exit code 3", "hangs", "app.py", "echo $?", "\\", "(a+)+$", "0x1f", "[redacted]",
     "primary and replica", "日本"]
)  # fmt: skip
WORDS = st.lists(PIECES | st.text(max_size=20), max_size=40).map("".join)


@settings(deadline=None)  # a draft and a whole case file each time
@given(title=WORDS, text=WORDS, fields=st.dictionaries(WORDS, WORDS, max_size=3), comment=WORDS,
       attached=st.lists(WORDS, max_size=3))  # fmt: skip
@example(title="", text="", fields={}, comment="", attached=[])
def test_any_ticket_gives_a_case_but_for_what_is_marked(
    title: str, text: str, fields: dict[str, str], comment: str, attached: list[str]
) -> None:
    ticket = a_ticket(text, title, fields=fields, comments=(comment,))
    made = draft(ticket, shelf(), tickets=("desk:1",), attached=attached)
    content = yaml.load(made.text, yaml.BaseLoader)
    assert content["id"] == made.id
    marked = {key.split(".")[0].split("[")[0] for key, _ in made.todo}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "draft.yml")
        path.write_text(made.text, "utf-8")
        assert wrong_keys(path) <= marked


def wrong_keys(path: Path) -> set[str]:
    """The keys of a case file with something wrong in them."""
    try:
        load(path, catalog())
    except CaseError as error:
        return {str(each.path[0]) for each in error.problems if isinstance(each, Problem)}
    return set()


@pytest.mark.parametrize(
    ("title", "made"),
    [
        ("The answers of two callers are mixed up", "answers-two-callers-mixed-up"),
        ("Black 24.4.2 fails!", "black-24.4.2-fails"),
        ("日本語のみ", "redmine-512"),
        ("", "redmine-512"),
        ("42", "redmine-512"),
        ("x" * 500, "x" * 60),
    ],
)
def test_an_id_of_the_title_or_the_key(title: str, made: str) -> None:
    assert slug(title, "redmine:512") == made


def test_a_draft_of_nothing_is_to_be_filled_in() -> None:
    made = drafted(title="It fails")
    assert made.found == ()
    assert [key for key, _ in made.todo] == [
        "environment.os", "environment.product", "environment.version", "steps", "symptom"
    ]  # fmt: skip


def test_what_a_ticket_says_stays_on_its_line() -> None:
    """Nothing in a comment ends it, and nothing in a value is more than a value."""
    made = drafted(
        "OS: Debian 12\u2028symptom: []\n\n```\n$ a: b # c\n```", title='"}\n---\nid: other'
    )
    content = yaml.load(made.text, yaml.BaseLoader)
    assert content["title"] == '"} --- id: other'
    assert content["environment"]["os"] == "debian-12"
    assert [step["run"] for step in content["steps"]] == ["a: b # c"]


def test_the_step_that_hangs_has_an_end() -> None:
    content = yaml.load(
        drafted("```\n$ python app.py\n```", title="app hangs").text, yaml.BaseLoader
    )
    assert content["steps"] == [{"name": "python", "run": "python app.py", "timeout": "60s"}]
    assert content["symptom"] == [{"step": "python", "timed_out": "true"}]


def test_severity_and_references() -> None:
    ticket = a_ticket(url="https://desk.example.com/1", fields={"Priority": "Urgent"})
    content = yaml.load(draft(ticket, shelf()).text, yaml.BaseLoader)
    assert content["severity"] == "critical"
    assert content["references"] == ["https://desk.example.com/1"]
    assert "tickets" not in content


def test_attachments_are_named() -> None:
    made = draft(a_ticket(), shelf(), attached=["app.log"])
    assert ("files", "attached to the ticket: app.log") in made.todo

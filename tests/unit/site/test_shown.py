from __future__ import annotations

from pathlib import Path

import pytest
from markupsafe import Markup

from repro.redact import Outgoing
from repro.settings import RedactSettings, Settings
from repro.site import shown as shown_module
from repro.site.output import digest
from repro.site.shown import Passed, Shown

SECRET = "s3cr3t-value-of-it"
RUNS = [
    (f"20261122-045412-{SECRET}-39c7", SECRET),
    ("20261122-045412-crash-39c7", "crash"),
    (f"20261122-045412-{SECRET}-39c7", "another"),
    (f"{SECRET}-by-hand", "crash"),
    ("20261122-045412-" + "long-" * 12 + "-39c7", "long-" * 19),
]


class Redacting(Outgoing):
    """One that is not to be asked."""

    def __init__(self, outgoing: Outgoing) -> None:
        self.__dict__.update(outgoing.__dict__)

    def text(self, text: str) -> str:
        raise AssertionError(f"was asked for {text}")


@pytest.fixture
def outgoing(tmp_path: Path) -> Outgoing:
    names = RedactSettings(hosts=("db7.example.com",))
    settings = Settings(home=tmp_path, cache=tmp_path, redact=names)
    return Outgoing.of(settings, environ={"DEPLOY_TOKEN": SECRET})


@pytest.mark.parametrize(("run", "case"), RUNS)
def test_a_run_is_called_what_it_is_called_elsewhere(
    outgoing: Outgoing, run: str, case: str
) -> None:
    """Tickets link to its page by the identifier that the whole redaction leaves."""
    shown = Shown(outgoing).run(run, case)
    assert shown == outgoing.text(run)
    assert SECRET not in shown


def test_a_run_does_not_tell_what_its_case_may_not(outgoing: Outgoing) -> None:
    shown = Shown(outgoing).run("20261122-045412-db7.example.com-39c7", "db7.example.com")
    assert shown == f"20261122-045412-{outgoing.text('db7.example.com')}-39c7"
    assert "db7" not in shown


def test_what_is_text_is_looked_through_and_made_visible(outgoing: Outgoing) -> None:
    shown = Shown(outgoing)
    assert "s3cr3t" not in shown.any("said s3cr3t-value-of-it")
    assert shown.any("a\x1b]0;title\x07\u202eb") == "a\\x1b]0;title\\x07\\u202eb"
    for own in (Passed("s3cr3t-value-of-it"), Markup("<b>"), 3, 1.5):
        assert shown.any(own) is own


def test_what_was_left_as_it_is_is_not_looked_through_again(outgoing: Outgoing) -> None:
    clean, other = "nothing in it", f"said {SECRET} on db7.example.com\x1b"
    first = Shown(outgoing)
    shown = [first.text(text) for text in (clean, other)]
    again = Shown(Redacting(outgoing), first.clean)
    assert again.text(clean) == clean
    with pytest.raises(AssertionError, match="was asked for said"):
        again.text(other)
    assert shown[1] == Shown(outgoing, first.clean).text(other) != other


def test_what_was_asked_for_last_is_remembered_longest(
    outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_module, "_KEPT", 2)
    first = Shown(outgoing)
    for text in ("a", "b"):
        first.text(text)
    later = Shown(outgoing, first.clean)
    for text in ("a", "c"):
        later.text(text)
    assert later.clean == [digest("a"), digest("c")]


def test_a_value_that_makes_text_of_itself_is_looked_through(outgoing: Outgoing) -> None:
    assert "s3cr3t" not in Shown(outgoing).any(Path("/s3cr3t-value-of-it"))

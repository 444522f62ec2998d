"""What goes to a ticket of a run or campaign that is in a home."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from repro.deliver import MOST_FILES, Result, Wish, deliver, deliver_kept, outbox_of, results_in
from repro.errors import InputError, TicketGoneError
from repro.model.recheck import Change, State
from repro.model.record import Collected
from repro.model.ticket import TicketKey, TicketPowers
from repro.settings import RedactSettings, Settings, TicketSettings
from repro.ticket.file import FolderSystem
from tests.unit.kept import keep, keep_campaign
from tests.unit.report.subjects import SICK, WELL, campaign, case, outcome, run

KEY = TicketKey(system="desk", key="T-1")
RUN = "20261121-224155-demo-1-0a1b"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "desk" / "T-1").mkdir(parents=True)
    tickets = {"desk": TicketSettings(kind="file", url=str(tmp_path / "desk"))}
    made = Settings(home=tmp_path / "home", cache=tmp_path / "cache", tickets=tickets)
    keep(made, run(SICK), case(tickets=["desk:T-1", "redmine:7"]))
    return made


def collect(settings: Settings, *files: tuple[str, bytes]) -> None:
    """Put collected files into the run, as its record says them."""
    folder = settings.runs / RUN
    (folder / "evidence").mkdir()
    with (folder / "collected.jsonl").open("wb") as index:
        for number, (path, data) in enumerate(files):
            name = f"evidence/{number}"
            (folder / name).write_bytes(data)
            item = Collected(node="node", path=path, size=len(data), kept=len(data), file=name)
            index.write(item.model_dump_json().encode() + b"\n")


def limited(monkeypatch: pytest.MonkeyPatch, **powers: Any) -> None:
    """The system can only do so much."""
    made = TicketPowers(markup="markdown", **powers)
    monkeypatch.setattr(FolderSystem, "powers", made)


def test_a_message_is_the_report_with_its_evidence(settings: Settings) -> None:
    result = Result(settings, "last", Wish())
    message = result.message(KEY)
    assert (message.case, message.about, message.public) == ("demo-1", RUN, False)
    assert message.text.startswith("**Reproduced**")
    assert [each.name for each in message.files] == [f"repro-{RUN}.html", f"repro-{RUN}.cast"]
    assert f"Attached:\n\n- `repro-{RUN}.html`" in message.body(str, 60_000)
    assert [str(key) for key in result.tickets] == ["desk:T-1", "redmine:7"]


def test_the_same_result_is_the_same_message(settings: Settings) -> None:
    one, two = (Result(settings, "last", Wish()).message(KEY) for _ in range(2))
    assert one.marker == two.marker
    assert [each.name for each in one.files] == [each.name for each in two.files]


def test_a_run_that_came_to_no_verdict_is_not_told(settings: Settings) -> None:
    for name in ("summary.json", "verdict.json"):
        (settings.runs / RUN / name).unlink()
    with pytest.raises(InputError, match="no verdict to tell") as caught:
        Result(settings, RUN, Wish())
    assert f"repro run {RUN}" in (caught.value.action or "")


def test_a_language_is_asked_for(settings: Settings) -> None:
    message = Result(settings, "last", Wish(language="ja")).message(KEY)
    assert message.text.startswith("**再現**")
    assert "添付ファイル" in message.body(str, 60_000)


def test_the_site_is_linked_where_there_is_one(settings: Settings) -> None:
    there = settings.model_copy(update={"site": "https://repro.example.com/"})
    end = Result(there, "last", Wish()).message(KEY).end
    assert f"<https://repro.example.com/runs/202611/{RUN}.html>" in end
    assert str(settings.home) not in end


def test_collected_files_go_along_and_binary_ones_by_word(settings: Settings) -> None:
    collect(settings, ("/var/log/demo.log", b"a line\n"), ("/core", b"\x00\x01\xff" * 99))
    log, core = f"repro-{RUN}-node-var-log-demo.log", f"repro-{RUN}-node-core"
    message = Result(settings, "last", Wish()).message(KEY)
    assert [each.name for each in message.files][2:] == [log]
    assert f"`{core}` (a binary file" in message.end
    message = Result(settings, "last", Wish(binary=True)).message(KEY)
    assert [each.name for each in message.files][2:] == [log, core]


def test_collected_files_are_redacted_with_their_names(settings: Settings) -> None:
    collect(settings, ("/home/alice/demo.log", b"alice was here, token=ghp_" + b"a1B2" * 9))
    redact = RedactSettings(users=("alice",))
    there = settings.model_copy(update={"redact": redact})
    log = Result(there, "last", Wish()).message(KEY).files[2]
    assert "alice" not in log.name
    assert b"alice" not in log.data
    assert b"ghp_" not in log.data
    assert b"was here" in log.data


def test_what_is_too_large_or_too_many_stays_and_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(settings, ("/big", b"x" * 3 * 2**20), *((f"/{n}", b"x") for n in range(MOST_FILES)))
    limited(monkeypatch, file=2**20)
    message = Result(settings, "last", Wish()).message(KEY)
    assert len(message.files) == MOST_FILES
    assert "3.0 MiB; the limit here is 1.0 MiB" in message.end
    assert f"no more than {MOST_FILES} files" in message.end
    assert str(settings.home) not in message.end


def test_every_collected_file_has_a_name_of_its_own_that_any_system_takes(
    settings: Settings,
) -> None:
    paths = [
        "/var/log/障害.log",
        "/var/log/💥.log",
        "/a b",
        "/a-b",
        "/" + "x/" * 200 + "y.log",
        "/再",
    ]
    collect(settings, *((path, b"a line\n") for path in paths))
    names = [each.name for each in Result(settings, "last", Wish()).message(KEY).files][2:]
    begins = f"repro-{RUN}-node-"
    assert names[:4] == [
        f"{begins}var-log-.log",
        f"{begins}var-log--2.log",
        f"{begins}a-b",
        f"{begins}a-b-2",
    ]
    assert names[4].endswith("x-y.log")
    assert names[5] == f"{begins}file"
    assert max(map(len, names)) <= 200
    again = [each.name for each in Result(settings, "last", Wish()).message(KEY).files][2:]
    assert again == names


def test_an_empty_file_stays_and_says_so(settings: Settings) -> None:
    collect(settings, ("/var/log/demo.log", b""))
    message = Result(settings, "last", Wish()).message(KEY)
    assert len(message.files) == 2
    assert f"`repro-{RUN}-node-var-log-demo.log` (it is empty)" in message.end


def test_a_file_of_exactly_the_limit_is_taken(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(settings, ("/whole", b"x" * 2**20), ("/more", b"x" * (2**20 + 1)))
    limited(monkeypatch, file=2**20)
    message = Result(settings, "last", Wish()).message(KEY)
    assert [len(each.data) for each in message.files[2:]] == [2**20]
    assert "node-more` (1.0 MiB; the limit here is 1.0 MiB)" in message.end


def test_a_thousand_files_leave_room_for_the_report(settings: Settings) -> None:
    collect(settings, *((f"/{'long' * 30}/{number}", b"x") for number in range(1000)))
    message = Result(settings, "last", Wish()).message(KEY)
    assert len(message.end) < 6_000
    assert f"- {1000 - (MOST_FILES - 2) - 20} more" in message.end
    assert message.text in message.body(str, 60_000)


def test_a_system_without_files_gets_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, file=0)
    message = Result(settings, "last", Wish()).message(KEY)
    assert message.files == ()
    assert "takes no files" in message.end


@pytest.mark.parametrize("public", [False, True])
def test_files_that_cannot_be_internal_go_only_with_what_is_public(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, public: bool
) -> None:
    limited(monkeypatch, internal=True, internal_files=False)
    message = Result(settings, "last", Wish(public=public)).message(KEY)
    assert bool(message.files) == public
    assert ("everybody who sees the ticket" in message.end) != public


def test_a_changed_state_is_told_first(settings: Settings) -> None:
    change = Change(
        case="demo-1", title="t", os="debian-12", topology="single",
        before=State(name="open"), after=State(name="fixed", version="1.3"), since="",
    )  # fmt: skip
    text = Result(settings, "last", Wish(change=change)).message(KEY).text
    assert text.startswith("State of the issue on debian-12: open → fixed in 1.3\n\n**Reproduced**")


def test_a_campaign_of_one_case_is_one_result(settings: Settings) -> None:
    found = campaign("matrix", None, outcome("1.2").model_copy(update={"run": RUN}))
    name = keep_campaign(settings, found, case(tickets=["desk:T-1"]))
    result = Result(settings, name, Wish())
    assert (result.case, result.about) == ("demo-1", name)
    assert results_in(settings, name) == [name]


def test_a_campaign_of_several_cases_is_told_run_by_run(settings: Settings) -> None:
    outcomes = [outcome("1", "not-reproduced"), outcome("2"), outcome("3", "not-reproduced")]
    other = outcome("4", "not-reproduced")
    other = other.model_copy(update={"cell": other.cell.model_copy(update={"case": "demo-2"})})
    found = campaign("run", None, *outcomes, other)
    name = keep_campaign(settings, found, case(), case(id="demo-2"))
    assert results_in(settings, name) == ["run-2", "run-4"]
    with pytest.raises(InputError, match="2 cases"):
        Result(settings, name, Wish())


def test_a_result_is_sent_and_nothing_is_left(settings: Settings, tmp_path: Path) -> None:
    message = Result(settings, "last", Wish()).message(KEY)
    [attempt] = deliver(settings, [message])
    assert attempt.receipt is not None
    assert (tmp_path / "desk" / "T-1" / "note-1.md").read_text().endswith(message.marker)
    assert outbox_of(settings).systems() == []


def test_what_is_kept_is_sent_later(settings: Settings, tmp_path: Path) -> None:
    ticket = tmp_path / "desk" / "T-1"
    ticket.rename(tmp_path / "away")
    [attempt] = deliver(settings, [Result(settings, "last", Wish()).message(KEY)])
    assert isinstance(attempt.error, TicketGoneError)
    (tmp_path / "away").rename(ticket)
    [attempt] = deliver_kept(settings)
    assert attempt.receipt is not None
    assert outbox_of(settings).systems() == []


def test_what_waits_for_a_system_that_is_no_more_is_told(settings: Settings) -> None:
    outbox_of(settings).put(Result(settings, "last", Wish()).message(KEY))
    [attempt] = deliver_kept(settings.model_copy(update={"tickets": {}}))
    assert isinstance(attempt.error, InputError)
    assert attempt.path.is_file()


def test_a_later_run_takes_the_place_of_an_earlier_one(settings: Settings, tmp_path: Path) -> None:
    later = "20261122-224155-demo-1-0a1b"
    keep(settings, run(WELL, name=later), case())
    for name in (RUN, later):
        list(deliver(settings, [Result(settings, name, Wish()).message(KEY)]))
    [note] = (tmp_path / "desk" / "T-1").glob("*.md")
    assert note.read_text().startswith("**Not reproduced**")


def test_a_system_whose_settings_are_wrong_holds_up_no_other(settings: Settings) -> None:
    tickets = {"odd": TicketSettings(kind="queue"), **settings.tickets}
    there = settings.model_copy(update={"tickets": tickets})
    message = Result(settings, "last", Wish()).message(KEY)
    odd = message.model_copy(update={"ticket": TicketKey(system="odd", key="1")})
    first, second = deliver(there, [odd, message])
    assert isinstance(first.error, InputError)
    assert second.receipt is not None

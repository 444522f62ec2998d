from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from repro.errors import InputError, NotFoundError, RecordError
from repro.model.campaign import CampaignSummary
from repro.record.campaigns import (
    CampaignLog,
    campaign_folders,
    find_campaign,
    goes_on,
    open_campaign,
    read_campaign,
    reopen_campaign,
    unfinished,
)
from repro.settings import Settings
from tests.campaigns import a_cell, an_outcome
from tests.support import ROOT

OPTIONS = {"catalogue": ["/cases"]}
CASES = {"a-case": "d1"}


def opened(settings: Settings, kind: Any = "recheck", **cases: str) -> CampaignLog:
    return open_campaign(settings, kind, "cases", OPTIONS, {**CASES, **cases})


def summary(log: CampaignLog) -> CampaignSummary:
    return CampaignSummary(
        campaign=log.campaign, kind=log.header.kind, title=log.header.title,
        started=log.header.started, seconds=1.0, exit_status=0, headline="fine", answer={},
    )  # fmt: skip


def test_what_ended_is_there_at_once_and_after_it_is_reopened(settings: Settings) -> None:
    outcomes = [an_outcome(a_cell(), attempt=n) for n in (1, 2, 3)]
    with opened(settings) as log:
        for outcome in outcomes:
            log.outcome(outcome)
            assert read_campaign(log.folder).outcomes[-1] == outcome
    with reopen_campaign(settings, log.folder) as again:
        assert list(again.outcomes) == outcomes
        more = an_outcome(a_cell(), attempt=4)
        again.outcome(more)
    assert list(read_campaign(log.folder).outcomes) == [*outcomes, more]


def test_a_campaign_that_goes_on_is_left_to_its_process(settings: Settings) -> None:
    script = (
        "import sys; from pathlib import Path; from repro.settings import Settings\n"
        "from repro.record.campaigns import reopen_campaign\n"
        "home = Path(sys.argv[1])\n"
        "reopen_campaign(Settings(home=home, cache=home), Path(sys.argv[2]))\n"
        "print('held', flush=True); sys.stdin.read()\n"
    )
    opened(settings).abandon()
    (folder,) = campaign_folders(settings)
    with subprocess.Popen(
        [sys.executable, "-c", script, str(settings.home), str(folder)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert read_campaign(folder).goes_on
        with pytest.raises(InputError, match="goes on in another process"):
            reopen_campaign(settings, folder)
        with pytest.raises(InputError, match="goes on in another process"):
            unfinished(settings, "recheck", OPTIONS, CASES)
        other.kill()
    assert not goes_on(folder)
    reopen_campaign(settings, folder).abandon()


def test_a_finished_campaign_is_not_gone_on_with(settings: Settings) -> None:
    with opened(settings) as log:
        log.close(summary(log))
    with pytest.raises(InputError, match="is finished"):
        reopen_campaign(settings, log.folder)
    record = read_campaign(log.folder)
    assert (record.summary, record.goes_on) == (summary(log), False)


def test_a_campaign_that_was_finished_meanwhile_is_not_gone_on_with(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking at it and holding it, another process may come to its end."""
    import repro.record.campaigns as module

    log, hold = opened(settings), module._hold

    def slow(folder: Path) -> int:
        log.close(summary(log))
        return hold(folder)

    monkeypatch.setattr(module, "_hold", slow)
    with pytest.raises(InputError, match="is finished"):
        reopen_campaign(settings, log.folder)
    assert not goes_on(log.folder)


@pytest.mark.parametrize("torn", [b'{"key": "x', b"\xff\xfe", b"{"])
def test_a_torn_last_line_is_left_out_and_cut_off(settings: Settings, torn: bytes) -> None:
    with opened(settings) as log:
        log.outcome(an_outcome(a_cell()))
    file = log.folder / "cells.jsonl"
    file.write_bytes(file.read_bytes() + torn)
    record = read_campaign(log.folder)
    assert len(record.outcomes) == 1
    assert "not written to its end" in record.notes[0]
    with reopen_campaign(settings, log.folder) as again:
        again.outcome(an_outcome(a_cell(), attempt=2))
    record = read_campaign(log.folder)
    assert [each.key[-2:] for each in record.outcomes] == ["#1", "#2"]
    assert record.notes == ()


@pytest.mark.parametrize("line", [b"nonsense\n", b'{"key": 1}\n', b"\n"])
def test_a_damaged_line_is_told(settings: Settings, line: bytes) -> None:
    with opened(settings) as log:
        log.outcome(an_outcome(a_cell()))
    file = log.folder / "cells.jsonl"
    file.write_bytes(line + file.read_bytes())
    with pytest.raises(RecordError, match=r"cells\.jsonl is damaged"):
        reopen_campaign(settings, log.folder)
    assert not goes_on(log.folder)


def test_a_newer_or_damaged_header_is_told(settings: Settings) -> None:
    opened(settings).abandon()
    (folder,) = campaign_folders(settings)
    file = folder / "campaign.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "schema_": 99, "unheard": 1}))
    with pytest.raises(RecordError, match="has layout 99"):
        read_campaign(folder)
    file.write_text("nonsense")
    with pytest.raises(RecordError, match="is damaged"):
        read_campaign(folder)


def test_a_line_that_was_written_twice_counts_once(settings: Settings) -> None:
    with opened(settings) as log:
        for attempt in (1, 2, 1):
            log.outcome(an_outcome(a_cell(), attempt=attempt))
    assert [each.key[-2:] for each in read_campaign(log.folder).outcomes] == ["#1", "#2"]


def test_threads_write_whole_lines(settings: Settings) -> None:
    with opened(settings) as log:
        threads = [
            threading.Thread(target=log.outcome, args=(an_outcome(a_cell(), attempt=n),))
            for n in range(40)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(read_campaign(log.folder).outcomes) == 40


def test_the_cases_are_kept_with_what_they_name(settings: Settings) -> None:
    with opened(settings) as log:
        log.add_case("a-case", b"id: a-case\n", {"files/a.conf": b"a", "b": b"b"})
        log.add_case("a-case", b"another text", {})
    folder = log.folder / "cases" / "a-case"
    assert (folder / "case.yml").read_bytes() == b"id: a-case\n"
    assert (folder / "files" / "a.conf").read_bytes() == b"a"
    assert (folder / "b").read_bytes() == b"b"


def test_a_campaign_is_found_by_its_name_its_beginning_or_as_the_last(settings: Settings) -> None:
    with pytest.raises(NotFoundError, match="'last'"):
        find_campaign(settings, "last")
    logs = [opened(settings, kind) for kind in ("recheck", "matrix")]
    for log in logs:
        log.abandon()
    first, second = logs
    assert find_campaign(settings, first.campaign) == first.folder
    assert find_campaign(settings, second.campaign[:23]) == second.folder
    assert find_campaign(settings, "last") in (first.folder, second.folder)
    assert find_campaign(settings, str(first.folder)) == first.folder
    for text in (first.campaign[:4], "", "nonsense"):
        with pytest.raises(NotFoundError, match="campaign"):
            find_campaign(settings, text)
    with pytest.raises(NotFoundError, match="is no campaign"):
        read_campaign(find_campaign(settings, "/nowhere/at/all"))


def test_what_is_gone_on_with_was_asked_for_like_this_of_the_same_cases(
    settings: Settings,
) -> None:
    assert unfinished(settings, "recheck", OPTIONS, CASES) is None
    with opened(settings) as log:
        log.outcome(an_outcome(a_cell()))
    assert unfinished(settings, "matrix", OPTIONS, CASES) is None
    assert unfinished(settings, "recheck", {"catalogue": ["/other"]}, CASES) is None
    assert unfinished(settings, "recheck", OPTIONS, {"a-case": "d2"}) is None
    assert unfinished(settings, "recheck", OPTIONS, {**CASES, "b-case": "d1"}) is None
    found = unfinished(settings, "recheck", OPTIONS, CASES)
    assert found is not None
    with found:
        assert (found.folder, len(found.outcomes)) == (log.folder, 1)
        found.close(summary(found))
    assert unfinished(settings, "recheck", OPTIONS, CASES) is None


def test_a_campaign_in_trouble_stands_in_nobodys_way(settings: Settings) -> None:
    with opened(settings) as log:
        pass
    damaged = settings.campaigns / "99999999-000000-recheck-cases-aaaa"
    damaged.mkdir()
    (damaged / "campaign.json").write_text("nonsense")
    found = unfinished(settings, "recheck", OPTIONS, CASES)
    assert found is not None
    assert found.folder == log.folder
    found.abandon()

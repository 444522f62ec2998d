from __future__ import annotations

from datetime import timedelta

from repro.model.recheck import Change, State
from repro.settings import Settings
from repro.site.nights import Night, last_night
from tests.unit.site import histories
from tests.unit.site.histories import NOW

KNOWN = histories.known_issues(6, 2)


def test_there_was_none(settings: Settings) -> None:
    assert last_night(settings) == Night()


def test_the_looks_of_one_night_are_told_together(settings: Settings) -> None:
    histories.look(settings, KNOWN, KNOWN[:1], NOW - timedelta(hours=23, minutes=59))
    histories.look(settings, KNOWN, KNOWN[1:2], NOW - timedelta(hours=1))
    histories.look(settings, KNOWN, KNOWN[2:4], NOW)
    night = last_night(settings)
    assert night.at == NOW.isoformat()
    assert {each.case for each in night.changed} == {each.case for each in KNOWN[1:4]}
    assert night.cells == 4000
    assert night.issues == sum(len(each.oses) for each in KNOWN)


def test_what_cannot_be_read_is_left_out(settings: Settings) -> None:
    histories.look(settings, KNOWN, KNOWN[:1], NOW)
    for number, text in enumerate(("{", "{}", '{"schema_": 99}')):
        at = NOW + timedelta(days=number + 1)
        histories.look(settings, KNOWN, [], at)
        folder = settings.campaigns / f"{at:%Y%m%d-%H%M%S}-recheck-cases-0000"
        (folder / "summary.json").write_text(text)
    histories.look(settings, KNOWN, [], NOW + timedelta(days=9))
    unfinished = settings.campaigns / f"{NOW + timedelta(days=9):%Y%m%d-%H%M%S}-recheck-cases-0000"
    (unfinished / "summary.json").unlink()
    assert last_night(settings).at == NOW.isoformat()


def test_the_same_change_is_told_once() -> None:
    def change(os: str, **after: str) -> Change:
        return Change(
            case="c", title="", os=os, topology="single", before=None, since="",
            after=State.model_validate({"name": "open", **after}),
        )  # fmt: skip

    night = Night(changed=(change("a"), change("b", why="another"), change("c")))
    assert [oses for _, oses in night.by_change] == [["a", "c"], ["b"]]

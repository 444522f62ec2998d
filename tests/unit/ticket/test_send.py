from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.errors import TicketAuthError, TicketBusyError, TicketError
from repro.model.ticket import Comment, TicketPowers, Upload
from repro.ticket.drain import PATIENCE, patiently
from repro.ticket.send import body_of, send
from tests.tickets import Fault, MemorySystem, a_message, busy

FILES = (Upload(name="a.html", data=b"a"), Upload(name="b.cast", data=b"b"))


def test_a_comment_is_made_then_changed_then_left_alone() -> None:
    system = MemorySystem()
    assert send(system, a_message("one")).action == "created"
    assert send(system, a_message("two")).action == "updated"
    system.calls.clear()
    assert send(system, a_message("two")).action == "unchanged"
    assert system.calls == ["find"]
    assert [each.body.split("\n")[0] for each in system.tickets["1"]] == ["two"]


@pytest.mark.parametrize(("in_bytes", "paragraphs"), [(False, 3), (True, 1)])
def test_a_limit_in_bytes_leaves_less_room_for_japanese(in_bytes: bool, paragraphs: int) -> None:
    system = MemorySystem(TicketPowers(markup="markdown", comment=400, in_bytes=in_bytes))
    body = body_of(a_message("\n\n".join(["再" * 90] * 5)), system)
    assert body.count("再") == 90 * paragraphs
    assert (len(body.encode()) if in_bytes else len(body)) <= 400


def test_where_comments_stay_as_they_are_only_a_change_makes_another() -> None:
    system = MemorySystem(TicketPowers(markup="plain", internal=True, edits=False))
    actions = [send(system, a_message(text)).action for text in ("one", "one", "two", "two")]
    assert actions == ["created", "unchanged", "created", "unchanged"]


def test_every_case_has_a_comment_of_its_own() -> None:
    system = MemorySystem()
    for case in ("a", "a-b", "a"):
        send(system, a_message(case=case))
    assert len(system.tickets["1"]) == 2


def test_public_and_internal_are_two_comments() -> None:
    system = MemorySystem()
    send(system, a_message("for us"))
    send(system, a_message("for the customer", public=True))
    send(system, a_message("for us, too"))
    assert [(each.public, each.body.split("\n")[0]) for each in system.tickets["1"]] == [
        (False, "for us, too"),
        (True, "for the customer"),
    ]


def test_nothing_internal_is_written_into_a_note_that_somebody_made_public() -> None:
    system = MemorySystem()
    send(system, a_message("one"))
    note = system.tickets["1"][0]
    system.tickets["1"][0] = note.model_copy(update={"public": True})
    assert send(system, a_message("two")).action == "created"
    assert system.tickets["1"][0].body == note.body


def test_files_are_attached_once() -> None:
    system = MemorySystem()
    assert send(system, a_message(files=FILES)).files == ("a.html", "b.cast")
    assert send(system, a_message(files=FILES)).files == ()
    assert len(system.attached["1"]) == 2


@pytest.mark.parametrize("call", range(5))
def test_an_answer_that_is_lost_makes_no_second_comment(call: int) -> None:
    """Every one of the calls: files, attach, attach, find, create."""
    faults: list[Fault | None] = [*[None] * call, Fault(busy(), after=True)]
    system = MemorySystem(faults=faults)
    try:
        send(system, a_message(files=FILES))
    except TicketBusyError:
        send(system, a_message(files=FILES))
    assert len(system.tickets["1"]) == 1
    assert [each.name for each in system.attached["1"]] == ["a.html", "b.cast"]


@given(
    st.lists(
        st.one_of(st.none(), st.booleans().map(lambda after: Fault(busy(), after))), max_size=40
    ),
    st.lists(st.sampled_from(["one", "two"]), min_size=1, max_size=4),
)
def test_whatever_fails_there_is_one_comment_in_the_end(
    faults: list[Fault | None], texts: list[str]
) -> None:
    system = MemorySystem(faults=list(faults))
    for text in texts:
        for _ in range(len(faults) + 1):
            try:
                send(system, a_message(text, files=FILES))
            except TicketBusyError:
                continue
            break
        else:
            raise AssertionError("there are no faults left")
    assert [each.body.split("\n")[0] for each in system.tickets["1"]] == [texts[-1]]
    assert sorted(each.name for each in system.attached["1"]) == ["a.html", "b.cast"]


class TestPatience:
    def test_what_a_system_asks_to_wait_is_waited(self) -> None:
        system, slept = MemorySystem(faults=[Fault(busy(7)), Fault(busy(5))]), list[float]()
        assert patiently(system, a_message(), slept.append).action == "created"
        assert slept == [7, 5]

    @pytest.mark.parametrize("after", [None, PATIENCE + 1])
    def test_nobody_waits_without_knowing_how_long_or_for_long(self, after: float | None) -> None:
        system, slept = MemorySystem(faults=[Fault(busy(after))]), list[float]()
        with pytest.raises(TicketBusyError):
            patiently(system, a_message(), slept.append)
        assert slept == []

    def test_a_system_that_always_asks_to_wait_is_given_up(self) -> None:
        system, slept = MemorySystem(faults=[Fault(busy(0))] * 1000), list[float]()
        with pytest.raises(TicketBusyError):
            patiently(system, a_message(), slept.append)
        assert 1 < len(slept) <= PATIENCE
        assert set(slept) == {1.0}, "it is not asked again and again without a pause"


@pytest.mark.parametrize("error", [TicketAuthError("no"), TicketError("no")])
def test_a_refusal_is_not_tried_again(error: TicketError, tmp_path: Path) -> None:
    system = MemorySystem(faults=[None, Fault(error)])
    with pytest.raises(type(error)):
        patiently(system, a_message(), lambda _seconds: None)
    assert system.calls == ["find", "create"]


def test_an_older_comment_of_another_result_is_not_taken_for_the_lost_one() -> None:
    system = MemorySystem(TicketPowers(markup="plain", internal=True, edits=False))
    system.tickets["1"].append(Comment(id="0", body=f"old\n\n{a_message('old').marker}"))
    system.faults = [None, Fault(busy())]
    with pytest.raises(TicketBusyError):
        send(system, a_message("new"))
    assert len(system.tickets["1"]) == 1


def test_a_file_that_the_system_does_not_take_does_not_hold_up_the_comment() -> None:
    system = MemorySystem(faults=[None, Fault(TicketError("too large"))])
    receipt = send(system, a_message(files=FILES))
    assert (receipt.action, receipt.refused) == ("created", ("a.html",))
    assert receipt.files == ("b.cast",)
    assert "Attached:\n\n- `b.cast`\n\nNot taken:\n\n- `a.html`" in system.tickets["1"][0].body
    assert send(system, a_message(files=FILES)).files == ("a.html",)

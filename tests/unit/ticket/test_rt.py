from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from repro.ticket.rt import _result, _results, _said
from tests.tickets import a_message

ONE = a_message("Reproduced.\n\nline", case="one").body(str, 1000)
TWO = a_message("Gone.", case="two").body(str, 1000)


def test_a_field_holds_a_result_of_every_case() -> None:
    field = f"{ONE}\n\n{TWO}".replace("\n", "\r\n")
    assert _results(field) == [ONE, TWO]
    assert _result(field, "repro note: two · ") == TWO
    assert _result(field, "repro note: three · ") == ""


def test_what_somebody_wrote_there_is_kept() -> None:
    assert _results(f"{ONE}\n\nby hand\n") == [ONE, "by hand"]


def test_an_email_that_is_written_twice_is_read_once() -> None:
    parts = [
        ("1", "text/plain", "one"),
        ("1", "text/html", "<p>one</p>"),
        ("2", "text/html", "two"),
    ]
    texts = [
        {"id": str(number), "TransactionId": transaction, "ContentType": kind, "Content": text}
        for number, (transaction, kind, text) in enumerate(parts)
    ]
    assert _said(texts) == ["one", "two"]


@given(st.lists(st.sampled_from([ONE, TWO, "by hand"]), max_size=4))
def test_what_was_put_together_comes_apart(parts: list[str]) -> None:
    results = _results("\n\n".join(parts))
    assert "\n\n".join(results) == "\n\n".join(parts)

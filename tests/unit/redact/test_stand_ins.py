"""The map of names: the same for all processes, and for nobody else's eyes."""

from __future__ import annotations

import ipaddress
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from repro.errors import RecordError
from repro.redact.stand_ins import StandIns


def test_spellings_of_one_name_are_one(tmp_path: Path) -> None:
    given = StandIns(tmp_path / "map.json").of(
        [("host", "DB1.acme.test"), ("host", "db1.acme.test"), ("address", "FD00::1"),
         ("address", "fd00:0::1"), ("user", "Bob"), ("user", "bob")]
    )  # fmt: skip
    assert set(given.values()) == {"host-1.example.com", "2001:db8::1", "user-1"}


def test_a_name_with_its_domain_goes_with_the_one_without(tmp_path: Path) -> None:
    names = [("host", each) for each in ("db1", "db1.acme.test", "web.acme.test", "web")]
    given = StandIns(tmp_path / "map.json").of(names)
    assert list(given.values()) == ["host-1", "host-1.example.com", "host-3.example.com", "host-3"]
    assert StandIns(tmp_path / "map.json").of([("host", "db1.other.test"), *names]) == {
        ("host", "db1.other.test"): "host-5.example.com", **given
    }  # fmt: skip


def test_other_ways_to_write_an_address(tmp_path: Path) -> None:
    names = [("address", each) for each in ("10.0.0.5", "::ffff:10.0.0.5", "10-0-0-5")]
    names += [("mac", each) for each in ("52:54:00:AB:12:34", "52-54-00-ab-12-34")]
    assert list(StandIns(tmp_path / "map.json").of(names).values()) == [
        "192.0.2.1", "192.0.2.1", "192-0-2-1", "00:00:5e:00:53:00", "00-00-5e-00-53-00"
    ]  # fmt: skip


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "home" / "redacted.json"
    StandIns(path).of([("user", "bob")])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text("utf-8")) == {"user": {"bob": "user-1"}}
    assert sorted(each.name for each in path.parent.iterdir()) == ["redacted.json", "redacted.lock"]


def test_those_who_ask_at_once_get_the_same(tmp_path: Path) -> None:
    names = [("host", f"h{number}.acme.test") for number in range(20)]

    def ask(turn: int) -> dict[tuple[str, str], str]:
        return StandIns(tmp_path / "map.json").of(names[turn:] + names[:turn])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(16)))
    assert all(answer == answers[0] for answer in answers)
    assert len(set(answers[0].values())) == len(names)


def test_there_are_stand_ins_for_many_addresses(tmp_path: Path) -> None:
    names = [("address", str(ipaddress.ip_address("10.0.0.1") + number)) for number in range(3000)]
    given = StandIns(tmp_path / "map.json").of(names)
    assert len(set(given.values())) == len(names)
    assert given[names[0]] == "192.0.2.1"
    assert given[names[254]] == "198.51.100.1"
    blocks = [ipaddress.ip_network(each) for each in
              ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15")]  # fmt: skip
    for each in given.values():
        assert any(ipaddress.ip_address(each) in block for block in blocks)


@pytest.mark.parametrize("content", ["{", "[]", '{"host": 1}', '{"host": {"a": 2}}', "\xff"])
def test_a_damaged_map_is_told(content: str, tmp_path: Path) -> None:
    path = tmp_path / "redacted.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(RecordError, match=r"redacted\.json") as told:
        StandIns(path).of([("user", "bob")])
    assert "move it away" in told.value.action
    assert path.read_bytes() == content.encode("latin-1")

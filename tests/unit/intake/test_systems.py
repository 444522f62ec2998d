from __future__ import annotations

import pytest

from repro.intake.reading import Found
from repro.intake.systems import find_os
from tests.unit.intake.shelf import passages, shelf


def found(text: str, **fields: str) -> Found:
    first, _ = find_os(passages(text, fields=fields), shelf().os)
    assert first is not None
    return first


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Debian 12", "debian-12"),
        ("Debian GNU/Linux 12 (bookworm)", "debian-12"),
        ("debian:12-slim", "debian-12"),
        ("python:3.11-slim-bookworm", "debian-12"),
        ("nginx 1.22.1-9+deb12u1", "debian-12"),
        ("Ubuntu 22.04.3 LTS", "ubuntu-22.04"),
        ("Ubuntu jammy", "ubuntu-22.04"),
        ("RHEL 8.9", "rhel-8"),
        ("RHEL8", "rhel-8"),
        ("Red Hat Enterprise Linux release 9.4 (Plow)", "rhel-9"),
        ("4.18.0-513.el8_9.x86_64", "rhel-8"),
        ("Rocky Linux 9.3", "rocky-9"),
        ("AlmaLinux release 8.10", "almalinux-8"),
        ("Oracle Linux Server release 8.9", "oraclelinux-8"),
        ("Amazon Linux 2023", "amazonlinux-2023"),
        ("Alpine 3.20.1", "alpine-3.20"),
        ("Fedora release 43", "fedora-43"),
        ("openSUSE Leap 15.6", "opensuse-leap-15.6"),
    ],
)
def test_what_people_write(words: str, name: str) -> None:
    named = found(f"We run {words} here.")
    assert (named.value, named.doubt) == (name, "")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("CentOS 8", "almalinux-8"),
        ("CentOS Stream 9", "almalinux-9"),
        ("SLES 15 SP6", "opensuse-leap-15.6"),
        ("Ubuntu 21.10", "ubuntu-22.04"),
        ("Debian 10", "debian-11"),
    ],
)
def test_the_nearest_one_is_taken_and_doubted(words: str, name: str) -> None:
    assert found(f"We run {words} here.").value == name
    assert "no profile" in found(f"We run {words} here.").doubt


def test_a_field_counts_more_than_the_text() -> None:
    assert found("On Debian 12 too.", Platform="RHEL 9.2").value == "rhel-9"


def test_where_it_works_is_not_where_it_fails() -> None:
    text = "It works fine on Debian 11.\n\nOn Debian 13 it fails."
    first, others = find_os(passages(text), shelf().os)
    assert first is not None
    assert first.value == "debian-13"
    assert [each.value for each in others] == ["debian-11"]


@pytest.mark.parametrize(
    "words",
    ["", "the fedora hat", "Debian", "version 12", "Windows 11", "Debian 6.1.76-1", "Ubuntu 2022"],
)
def test_nothing_is_made_up(words: str) -> None:
    assert find_os(passages(words), shelf().os) == (None, ())


def test_it_says_where_it_comes_from() -> None:
    assert found("We run\nDebian 12.").source == "description: “Debian 12.”"

"""Hosts, addresses, e-mail addresses and users; and what only looks like them."""

from __future__ import annotations

import pytest

from repro.redact.hit import merged
from repro.redact.people import Names
from repro.settings import RedactSettings

ALL = Names(
    RedactSettings(
        hosts=("db1", "web.acme.test", "app-7.acme.test", ".corp.test"),
        users=("bob",),
        addresses=True,
        emails=True,
    )
)


def found(text: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in merged(ALL(text))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ssh db1 uptime", ["db1"]),
        ("db10 and mydb1 and adb1", []),
        ("sosreport-db1-2026.tar db1_dump", ["db1", "db1"]),
        ("alice-db1-x-web.acme.test-10.0.0.5.log", ["db1", "web.acme.test", "10.0.0.5"]),
        ("ホストdb1です。bob、bobさん、10.0.0.5から", ["db1", "bob", "bob", "10.0.0.5"]),
        ("DB1.internal", ["DB1"]),
        ("https://web.acme.test:8443/x", ["web.acme.test"]),
        ("a.b.corp.test, corp.test, xcorp.test", ["a.b.corp.test", "corp.test"]),
        ("/home/bob/x uid=1000(bob) bobby", ["bob", "bob"]),
        ("from 10.0.0.5:443 to 8.8.8.8", ["10.0.0.5", "8.8.8.8"]),
        ("IP 10.0.0.5.443 > 10.0.0.6.51000", ["10.0.0.5", "10.0.0.6"]),
        ("172.17.0.0/16 via fe80::1%eth0", ["172.17.0.0", "fe80::1"]),
        ("[2a01:4f8::2]:80 and ::ffff:10.0.0.5", ["2a01:4f8::2", "::ffff:10.0.0.5"]),
        ("127.0.0.1 0.0.0.0 ::1 :: 255.255.255.0 192.0.2.7 2001:db8::9", []),
        ("version 1.2.3.4, v5.6.7.8, x==1.2.3.4, (= 6.4.1.1), lib-1.2.3.4.tar.gz", []),
        ("1.2.3.4-1ubuntu2 1.0.2.118.g5cfc4c3 1:9.8.7.6", []),
        ("link/ether 52:54:00:AB:cd:ef brd ff:ff:ff:ff:ff:ff", ["52:54:00:AB:cd:ef"]),
        ("HWaddr 52-54-00-12-34-56 00:00:5e:00:53:07 0:1:2:3:4:5", ["52-54-00-12-34-56"]),
        ("ip-10-0-0-5.ec2.internal zip-1-2-3-4 ip-127-0-0-1", ["10-0-0-5"]),
        ("ec2-10-0-0-5.compute 010.000.000.005 lib-10.0.0.5.jar", ["10-0-0-5", "010.000.000.005"]),
        ("5.0.0.10.in-addr.arpa 10.0.0.5.nip.io", ["5.0.0.10", "10.0.0.5"]),
        ("app-7 is app-7.acme.test; app-70, web", ["app-7", "app-7.acme.test"]),
        ("12:34:56 aa:bb:cc:dd:ee std::vector a::b 1.2.3.4.5.6 300.1.1.1", []),
        ("mac 5254.00ab.cdef 1234.5678.9012 a.5254.00ab.cdef.b", ["5254.00ab.cdef"]),
        ("宛先bob@acme.testです jörg@müller.de.", ["bob@acme.test", "jörg@müller.de"]),
        ("mail to Ann.Lee+x@mail.acme.test.", ["Ann.Lee+x@mail.acme.test"]),
        ("getty@tty1.service git@host @scope/name@1.2.3 a@b person-1@example.com", []),
    ],
)
def test_what_is_found(text: str, names: list[str]) -> None:
    assert found(text) == names

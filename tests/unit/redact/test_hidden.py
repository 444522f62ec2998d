"""Known secrets in whatever form they are printed, and in files that are no text."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import quopri
import sqlite3
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from repro.errors import BinaryFileError
from repro.redact import Outgoing
from repro.redact.known import MARK, Redactor
from repro.redact.packed import contents

SECRET = "Zebra-Crossing42"
TEXT = f"db password={SECRET} host=db"
DATA = TEXT.encode()
MIDDLE = TEXT.index(SECRET) + 6


def _rows(form: str, step: int = 16) -> str:
    """A dump in the way of ``od``: an offset, and the bytes in a form."""
    parts = (DATA[at : at + step] for at in range(0, len(DATA), step))
    return "\n".join(
        f"{at * step:07o} " + " ".join(format(byte, form) for byte in part)
        for at, part in enumerate(parts)
    )


def _xxd() -> str:
    rows = []
    for at in range(0, len(DATA), 16):
        part = DATA[at : at + 16]
        words = " ".join(part[two : two + 2].hex() for two in range(0, len(part), 2))
        rows.append(f"{at:08x}: {words:<39}  {part.decode()}")
    return "\n".join(rows)


def _words() -> str:
    """As ``od`` and ``hexdump`` print without options: words of two bytes, the lower one first."""
    pairs = [DATA[at : at + 2].ljust(2, b"\0") for at in range(0, len(DATA), 2)]
    return "0000000 " + " ".join(f"{int.from_bytes(pair, 'little'):06o}" for pair in pairs)


FORMS = {
    "upper case": TEXT.upper(),
    "xxd": _xxd(),
    "od -tx1": _rows("02x"),
    "od -b": _rows("03o"),
    "od": _words(),
    "od -c": "0000000 " + "".join(f"{sign:>4}" for sign in TEXT),
    "od -c, indented": "0000000 " + "".join(f"{sign:>4}" for sign in f"        {TEXT}"),
    "od -tu1": _rows("3d"),
    "xxd -b": _rows("08b", 6),
    "tcpdump -X": "\n".join(f"\t0x{row}" for row in _xxd().replace(": ", ":  ").split("\n")),
    "curl --trace": "\n".join(row[4:] for row in _xxd().split("\n")),
    "curl --trace-ascii": f"0000: {TEXT[:20]}\n0014: {TEXT[20:]}",
    "a debugger": "0x7ffff7fc0000:\t" + "\t".join(f"0x{byte:02x}" for byte in DATA),
    "bzip2 in base64": base64.b64encode(bz2.compress(DATA)).decode(),
    "xz in base64": base64.b64encode(lzma.compress(DATA)).decode(),
    "gzip in base64": base64.b64encode(gzip.compress(DATA)).decode(),
    "zlib in hexadecimal": zlib.compress(DATA).hex(),
    "base64 in short lines": base64.b64encode(b"1" + DATA).decode()[:30]
    + "\n" + base64.b64encode(b"1" + DATA).decode()[30:],
    "bytes of JSON": json.dumps(list(DATA)),
    "bytes of Go": "[" + " ".join(map(str, DATA)) + "]",
    "bytes of C": ", ".join(f"0x{byte:02x}" for byte in DATA),
    "bytes of .NET": DATA.hex("-").upper(),
    "bytes of a registry": "hex:" + DATA.hex(","),
    "%u": "".join(f"%u{byte:04x}" for byte in DATA),
    r"\u{}": "".join(f"\\u{{{byte:x}}}" for byte in DATA),
    r"\U": "".join(f"\\U{byte:08x}" for byte in DATA),
    "percent, twice": quote(quote(TEXT, safe=""), safe=""),
    "quoted-printable": quopri.encodestring(("é" * 40 + TEXT).encode()).decode(),
    "utf-16": TEXT.encode("utf-16-le").decode("latin-1"),
    "bold, by striking over": "".join(f"{sign}\b{sign}" for sign in TEXT),
    "corrected": f"{TEXT[:MIDDLE]}xyz\b\b\b{TEXT[MIDDLE:]}",
    "a colour each": "".join(f"\x1b[3{at % 8}m{sign}" for at, sign in enumerate(TEXT)),
    "full width": "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in TEXT),
    "spaced": " ".join(TEXT),
    "in a table": "\n".join(f"\u2502 {TEXT[at : at + 10]} \u2502" for at in range(0, 44, 10)),
    "eight-bit colour": f"{TEXT[:MIDDLE]}\x9b31m{TEXT[MIDDLE:]}",
    "a string of a device": f"{TEXT[:MIDDLE]}\x1bP+q0\x1b\\{TEXT[MIDDLE:]}",
    "ignorable": f"{TEXT[:MIDDLE]}\u180b\u3164\U000e0101\ufff9\u2800{TEXT[MIDDLE:]}",
    "tags": f"{TEXT[:MIDDLE]}<wbr>{TEXT[MIDDLE:]}",
    "references without an end": "".join(f"&#{byte}" for byte in DATA),
    "variation selector": f"{TEXT[:MIDDLE]}\ufe0f{TEXT[MIDDLE:]}",
    "put together": f'"{TEXT[:MIDDLE]}" + "{TEXT[MIDDLE:]}"',
    "continued": f"{TEXT[:MIDDLE]}\\\n{TEXT[MIDDLE:]}",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_nothing_of_it_is_kept(form: str) -> None:
    text = f"begin\n{FORMS[form]}\nend of it"
    for left in (Redactor([SECRET]).text(text), Redactor([SECRET]).data(text.encode()).decode()):
        assert MARK in left.replace("\0", "")
        assert left.startswith("begin\n")
        assert left.endswith(" of it")
    assert MARK in Outgoing(Redactor([SECRET])).text(text)


def _zip(**files: str | bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in files.items():
            package.writestr(name, text)
    return made.getvalue()


def _tar(text: str, **about: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as package:
        member = tarfile.TarInfo("log.txt")
        member.size = len(text)
        for name, value in about.items():
            setattr(member, name, value)
        package.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


PACKED = {
    "gzip": gzip.compress(DATA),
    "gzip, second member": gzip.compress(b"first\n") + gzip.compress(DATA),
    "bzip2": bz2.compress(DATA),
    "xz": lzma.compress(DATA),
    "zip": _zip(log=TEXT),
    "zip, name": _zip(**{TEXT: "x"}),
    "tar": _tar(TEXT),
    "tar, owner": _tar("x", uname=f"token={SECRET}"),
    "zip in gzip": gzip.compress(_zip(log=TEXT)),
    "utf-16 in gzip": gzip.compress(TEXT.encode("utf-16")),
}


@pytest.mark.parametrize("kind", PACKED)
def test_a_package_with_a_secret_stays(kind: str) -> None:
    data = PACKED[kind]
    assert Redactor([SECRET]).data(data) == MARK.encode()
    for cleaner in (Outgoing(Redactor()), Outgoing(Redactor([SECRET]))):
        with pytest.raises(BinaryFileError, match="packed"):
            cleaner.file("logs", data, binary=True)


def test_a_package_without_one_goes_as_it_is() -> None:
    for data in (gzip.compress(b"fine"), _zip(log="fine"), _tar("fine"), b"PK\x03\x04 damaged"):
        assert Outgoing(Redactor([SECRET])).file("logs", data, binary=True) == data
        assert Redactor([SECRET]).data(data) == data


def test_what_is_packed_is_bounded() -> None:
    bomb = gzip.compress(bytes(70 * 2**20), 1)
    assert sum(map(len, contents(bomb))) == 64 * 2**20
    # All of it together, however many packages are in one.
    part = gzip.compress(bytes(20 * 2**20), 1)
    many = _zip(**{str(number): part for number in range(9)})
    assert 64 * 2**20 <= sum(map(len, contents(many))) < 65 * 2**20
    deep = DATA
    for _ in range(9):
        deep = gzip.compress(deep)
    assert len(list(contents(deep))) == 3


def test_a_secret_in_a_core_is_overwritten() -> None:
    core = b"\x7fELF\2\0\1" + bytes(99) + DATA + bytes(9) + TEXT.encode("utf-16-le") + b"\xff\0"
    for cleaner in (Outgoing(Redactor()), Outgoing(Redactor([SECRET]))):
        left = cleaner.file("core", core, binary=True)
        assert len(left) == len(core)
        assert SECRET.encode() not in left
        assert SECRET.encode() not in left.replace(b"\0", b"")
        assert left.startswith(core[:100])


def test_a_database_still_opens(tmp_path: Path) -> None:
    path = tmp_path / "app.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE log (line TEXT)")
    connection.execute("INSERT INTO log VALUES (?)", (TEXT,))
    connection.commit()
    connection.close()
    path.write_bytes(Outgoing(Redactor()).file("app.sqlite", path.read_bytes(), binary=True))
    connection = sqlite3.connect(path)
    [(line,)] = connection.execute("SELECT line FROM log").fetchall()
    connection.close()
    assert line == TEXT.replace(SECRET, "*" * len(SECRET))


@pytest.mark.parametrize("tool", [["od"], ["od", "-c"], ["od", "-tx1"], ["od", "-An", "-tx1"]])
def test_dumps_as_they_are_really_printed(tool: list[str]) -> None:
    dump = subprocess.run(tool, input=DATA, capture_output=True, check=True).stdout.decode()
    read: Callable[[str], str] = Redactor([SECRET]).text
    assert MARK in read(dump)

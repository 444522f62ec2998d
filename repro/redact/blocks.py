"""Private keys in armour (RFC 7468, RFC 4880, PuTTY, OpenVPN): whole blocks, also torn ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from repro.redact.hit import Hit, positions

#: Characters that a block has at most; RSA keys of 16,384 bits have 13,000.
_LONGEST = 40_000
_LABEL = r"(?:(?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?|OpenVPN [\w -]{1,40} key(?: V1)?)"
_BEGIN = re.compile(rf"-----BEGIN {_LABEL}-----")
_END = "-----END "
_END_LINE = re.compile(rf"-----END {_LABEL}-----")
_PUTTY = re.compile(r"PuTTY-User-Key-File-\d:")
_PUTTY_END = re.compile(r"Private-MAC: *[0-9a-fA-F]*")
#: Of SSH.com and its kin.
_SSH2 = "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----"
_SSH2_END = "---- END SSH2 ENCRYPTED PRIVATE KEY ----"
#: What a block is made of when its end is missing: base64 and headers, also with ``\\n`` for lines.
_BREAK = r"""(?:\s|\\[rn]|["'>|+$ -])"""
_BODY = re.compile(
    rf"(?:{_BREAK}{{0,16}}+(?:[A-Za-z-]{{3,30}}: [^\n\\]{{1,200}}|[A-Za-z0-9+/=]{{20,}}))*+"
    rf"(?:{_BREAK}{{1,16}}+[A-Za-z0-9+/=]{{1,100}}\Z)?"
)
_LINE_BEFORE = re.compile(r"(?:[A-Za-z0-9+/=]{4,100}(?:\s|\\[rn])+)\Z")


def private_keys(text: str) -> Iterator[Hit]:
    """All private keys."""
    done = end_at = 0
    for at in positions(text, "-----BEGIN "):
        if at >= done and (begin := _BEGIN.match(text, at)):
            if 0 <= end_at < at:
                end_at = text.find(_END, at)
            done = _end_of(text, begin.end(), end_at)
            yield Hit(at, done, "private-key")
    for at in positions(text, _END):
        if at >= done and (end := _END_LINE.match(text, at)):
            yield Hit(_start_of(text, at, done), end.end(), "private-key")
            done = end.end()
    for at in positions(text, _SSH2):
        close = text.find(_SSH2_END, at, at + _LONGEST)
        done = close + len(_SSH2_END) if close >= 0 else at + _LONGEST
        yield Hit(at, min(done, len(text)), "private-key")
    for putty in _PUTTY.finditer(text) if "PuTTY-User-Key" in text else ():
        last = _PUTTY_END.search(text, putty.end(), putty.end() + _LONGEST)
        yield Hit(putty.start(), last.end() if last else putty.end() + _LONGEST, "private-key")


def _end_of(text: str, begin: int, at: int) -> int:
    """Where the block ends whose first line ends at ``begin``; ``at``: where the next last line
    is, or -1.
    """
    end = _END_LINE.match(text, at) if 0 <= at < begin + _LONGEST else None
    if end is not None:
        return end.end()
    body = _BODY.match(text, begin, begin + _LONGEST)
    return body.end() if body else begin


def _start_of(text: str, at: int, least: int) -> int:
    """Where the base64 begins that stands before a last line whose first one is missing."""
    least = max(least, at - _LONGEST)
    while line := _LINE_BEFORE.search(text, max(least, at - 110), at):
        at = line.start()
    return at

"""Values that are secret because of the name they are given to: ``password = …``, ``--token …``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from itertools import islice

from repro.redact.commands import NEXT
from repro.redact.hit import Hit, lowered, narrowed, positions
from repro.redact.names import is_mixed, looks_chosen, looks_random, looks_secret, says_secret

#: What the name of a secret has in it; the name as a whole is looked at then.
_NEEDLES = ("pass", "pw", "psk", "secret", "token", "credential", "_key", "-key", "apikey",
            "authkey", "accesskey", "storagekey", "privatekey", "accountkey", "sharedkey",
            "authtok", "masterauth", "cli_auth", "_salt", "_seed", "_pat",
            "lang_cookie")  # fmt: skip
_NAME = re.compile(r"[\w.-]{0,40}", re.ASCII)
_NAME_BEFORE = re.compile(r"[\w.-]{0,40}\Z", re.ASCII)


class _Sign(Enum):
    """How much the way from a name to a value says: that there is one; that there is one where
    the line has nothing else; nothing, so it has to look like one that somebody chose.
    """

    SURE = 1
    PLAIN = 2
    LOOSE = 3


#: From where a name ends to where its value begins, a quote included; tried in this order.
_WAYS = (
    # <key>Password</key><string>; <password><value>; ["password"] => string(10); REG_SZ
    (_Sign.SURE, re.compile(
        r"""</key>\s{0,20}<string>|(?:\s[^<>\n]{1,120})?>\s{0,20}(?:<!\[CDATA\[|<value>)"""
        r"""|["'\]]{1,2}=>\s{0,8}string\(\d+\)[ ]|\s{1,9}REG_SZ\s{1,9}""", re.IGNORECASE)),
    # name: PASSWORD, value: …; name="password" value="…"; {"password": {"value": "…"}}
    (_Sign.SURE, re.compile(
        r"""["']?(?:\s[\w:-]{1,20}="[^"<>\n]{0,40}"){0,4}[,;:]?\s{0,40}\{?\s{0,20}["']?"""
        r"""\bvalue["']?\s{0,3}[:=]\s{0,3}""")),
    # passwords: ["…"]; password: >-, and in the next line …
    (_Sign.SURE, re.compile(
        r"""["']?\s?[:=]\s{0,3}(?:\[\s{0,20}(?=["'])|[>|][+-]?[ \t]{0,3}\r?\n[ \t]{1,20}"""
        r"""|\r?\n[ \t]{0,20}-[ \t])""")),
    # a part of a form: name="password", and after an empty line …
    (_Sign.SURE, re.compile(r'"(?:\r?\n[\w-]{1,40}: [^\n]{1,200}){0,3}\r?\n\r?\n')),
    (_Sign.PLAIN, re.compile(
        r"""["'\]*`]{0,3}(?:[ \t]{0,16}(?:=>|:=|={1,3}|::?)(?:\*\*)?[ \t]{0,16}|>)"""
        r"""(?:!\w+[ \t])?(?:<!\[CDATA\[)?""")),
    # setPassword("…"); define('PASSWORD', '…'); <password type="…">…; password …
    (_Sign.LOOSE, re.compile(
        r"""["']?[ ]?[,(][ ]{0,20}(?=["'])|[ ][^<>\n]{1,120}>|</t[dh]>\s{0,20}<td[^<>\n]{0,99}>"""
        r"""|[ \t]{0,40}[|\u2502][ \t]{1,40}|[ \t]{1,40}""")),
    # password for bob: …; password is …
    (_Sign.LOOSE, re.compile(r"(?:[ \t][\w@.'/-]{1,40}){1,6}?[ \t]?[:=][ \t]")),
    (_Sign.LOOSE, re.compile(r"(?:[ \t][\w@.'/-]{1,40}){0,3}?[ \t](?i:is|was):?[ \t]")),
)  # fmt: skip
_OPTION = re.compile(NEXT + "(?!-)")
#: Also doubled, as within a text of SQL or CSV.
_OPENING = re.compile(r"""[bruLN]?('''|\"\"\"|(?:''|"")(?=[\w!#%^+~?])|["'`])""")
#: Up to the same quote, or to where the text was cut.
_QUOTED = {
    quote: re.compile(rf"(?:[^{quote[0]}\\\n]|\\.){{3,8192}}(?={quote}|\Z)")
    for quote in ("'", '"', "`", "''", '""', "'''", '"""')
}
#: Without quotes; of Windows' registry also as its bytes.
_BARE = re.compile(
    r"""hex(?:\(\d\))?:[0-9a-f]{2}(?:,(?:\\\s{1,4})?[0-9a-f]{2}){3,8192}"""
    r"""|[^\s"'`,;&<>(){}\[\]\0]{4,8192}"""
)
_AFTER = re.compile(r"""["']?[ \t]*(?:$|[,;&}\])<\0\r])""", re.MULTILINE)
_IDENTIFIER = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]+)*")
#: From one value of a list to the next, and how many are looked at.
_NEXT_ITEM = re.compile(r"""["']?(?:,\s{0,20}(?=["'])|\r?\n[ \t]{0,20}-[ \t])""")
_ITEMS = 100


def assigned(text: str) -> Iterator[Hit]:
    """Values of names that say that they are secret."""
    low = narrowed(lowered(text))
    seen = -1
    needles = [needle for needle in _NEEDLES if needle in low]
    for at in sorted({at for needle in needles for at in positions(low, needle)}):
        if at < seen:
            continue
        before = _NAME_BEFORE.search(text, max(0, at - 40), at)
        after = _NAME.match(text, at)
        assert before
        assert after
        seen = after.end()
        name = text[before.start() : seen]
        loud = says_secret(name)
        if loud is not None:
            yield from _values(text, name, seen, loud=loud)


def _values(text: str, name: str, end: int, *, loud: bool) -> Iterator[Hit]:
    """What is given to the name that ends there: one value, or a list of them."""
    for sign, way in _ways(name):
        if (given := way.match(text, end)) and (found := _read(text, given, sign, loud=loud)):
            kind = "password" if loud else "token"
            yield Hit(*found, kind)
            if "\n" in given.group() or "[" in given.group():
                for start, last in islice(_items(text, found[1]), _ITEMS):
                    yield Hit(start, last, kind)
            return


def _ways(name: str) -> Iterator[tuple[_Sign, re.Pattern[str]]]:
    if name.startswith("-"):
        yield _Sign.SURE, _OPTION
    yield from _WAYS


def _read(text: str, given: re.Match[str], sign: _Sign, *, loud: bool) -> tuple[int, int] | None:
    """Where the value is, if it may be secret."""
    at = given.end()
    if opening := _OPENING.match(text, at):
        found = _QUOTED[opening[1]].match(text, opening.end())
    else:
        found = _BARE.match(text, at + text.startswith("{", at))
    if found is None or not looks_secret(found[0], loud=loud):
        return None
    if sign is _Sign.LOOSE:
        good = looks_chosen(found[0]) and (loud or opening is not None)
    else:
        good = opening is not None or _bare_secret(text, found, given.group(), loud=loud)
    return found.span() if good else None


def _bare_secret(text: str, found: re.Match[str], sign: str, *, loud: bool) -> bool:
    """The same for a value without quotes, which may be code or prose."""
    value = found[0]
    if looks_random(value) or (loud and is_mixed(value)):
        return True
    if text[found.end() : found.end() + 1] in ("(", "["):
        return False
    if _IDENTIFIER.fullmatch(value) and ("." in value or says_secret(value) is not None):
        return False
    return not sign.strip().endswith(":") or _AFTER.match(text, found.end()) is not None


def _items(text: str, at: int) -> Iterator[tuple[int, int]]:
    """The other values of a list, after its first."""
    while following := _NEXT_ITEM.match(text, at):
        opening = _OPENING.match(text, following.end())
        pattern = _QUOTED[opening[1]] if opening else _BARE
        found = pattern.match(text, opening.end() if opening else following.end())
        if found is None:
            return
        yield found.span()
        at = found.end()

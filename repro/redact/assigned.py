"""Values that are secret because of the name they are given to: ``password = …``, ``--token …``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from repro.redact.hit import Hit, lowered, positions

#: What the name of a secret has in it; the name as a whole is looked at then.
_NEEDLES = ("pass", "pwd", "psk", "secret", "token", "credential", "_key", "-key", "apikey",
            "authkey", "accesskey", "storagekey", "privatekey", "accountkey")  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
#: Names that say it of nearly every value, at the end of a name of words joined by ``_``.
_LOUD = re.compile(
    r"(?:password|passwd|passphrase|passcode|secret|(?:api|access|auth|secret|private|account"
    r"|storage)_?key|_pass|(?:^|_)(?:pwd|psk|(?:client|shared|master|service|encryption|signing"
    r"|license|session|webhook|admin)_key))(?:_value|_text|_string|_base)?$"
)
#: Names that other things have too; the value must look like a secret.
_QUIET = re.compile(r"(?:token|credentials?|(?:^|_)(?:pass|auth|jwt|bearer|sas|otp|pin))$")
_NAME = re.compile(r"[\w.-]{0,40}", re.ASCII)
_NAME_BEFORE = re.compile(r"[\w.-]{0,40}\Z", re.ASCII)
#: From the name to the value.
_GIVES = re.compile(
    r"""["'\]]{0,2}(?:[ \t]{0,16}(?:=>|:=|={1,3}|:)[ \t]{0,16}|>)"""
    r"""[bru]?(?P<quote>["'`]?)"""
)
_OPTION = re.compile(r"""[ \t]{1,4}(?P<quote>["']?)(?!-)""")
#: Up to the same quote, or to where the text was cut.
_QUOTED = {
    quote: re.compile(rf"(?:[^{quote}\\\n]|\\.){{3,8192}}(?={quote}|\Z)") for quote in "'\"`"
}
_BARE = re.compile(r"""[^\s"'`,;&<>(){}\[\]]{4,8192}""")
_AFTER = re.compile(r"""["']?[ \t]*(?:$|[,;&}\])<])""", re.MULTILINE)
#: Words that stand where a secret would, and are none.
_NO_SECRET = re.compile(
    r"(?:none|null|nil|undefined|true|false|yes|not?|empty|required|optional|missing|invalid"
    r"|incorrect|wrong|expired|unset|default|string|str|bytes|int|any|object|bool|hidden|masked"
    r"|redacted|secretstr|self\b.*|os\.\w.*|x+|\*+|\.+|-+|…+|<.*|\[.*|\$.*|\{.*|%[({s].*|/.*"
    r"|\w+://[^:@]*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_IDENTIFIER = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]+)*")
#: The name of a package: ``libsecret-1-0``.
_NUMBERED = re.compile(r"[-.]\d+$")
_VERSION = re.compile(r"(?:\d+:)?v?\d+(?:\.\d+)+[\w.+:~-]*")
#: Dates, versions, plain numbers, places in a file: letters and digits, yet no secret.
_ORDINARY = re.compile(
    r"v?\d+(?:[.:-]\d+)+(?:[-+~.]?[a-z]{1,6}+\d*+)*+|\d{4}-\d\d-\d\d[T ].*|\d+[a-zA-Z%]{0,3}"
    r"|[\w.+-]+[-_][\d.]+|[\w./-]+\.[a-z]{1,5}(?::\d+)?"
)


def assigned(text: str) -> Iterator[Hit]:
    """Values of names that say that they are secret."""
    low = lowered(text)
    seen = -1
    for at in sorted({at for needle in _NEEDLES for at in positions(low, needle)}):
        if at < seen:
            continue
        before = _NAME_BEFORE.search(text, max(0, at - 40), at)
        after = _NAME.match(text, at)
        assert before
        assert after
        seen = after.end()
        if hit := _value(text, before.start(), after.end()):
            yield hit


def is_secret(name: str, value: str) -> bool:
    """Whether a value that stands alone, such as one of a mapping, is secret by its name."""
    loud = says_secret(name)
    return loud is not None and _looks_secret(value, loud=loud)


@lru_cache(4096)
def says_secret(name: str) -> bool | None:
    """Whether a name says that its value is secret: True: any value; False: one that looks so."""
    words = "_".join(_WORD.findall(name)).lower()
    if name in ("PWD", "OLDPWD") or _NUMBERED.search(name):
        return None
    if _LOUD.search(words):
        return True
    return False if _QUIET.search(words) else None


def _value(text: str, start: int, end: int) -> Hit | None:
    """The value that is given to the name from ``start`` to ``end``."""
    name = text[start:end]
    loud = says_secret(name)
    if loud is None:
        return None
    gives = _GIVES.match(text, end)
    if gives is None and name.startswith("-"):
        gives = _OPTION.match(text, end)
    if gives is None:
        return None
    if quote := gives["quote"]:
        found = _QUOTED[quote].match(text, gives.end())
        good = found is not None and _looks_secret(found[0], loud=loud)
    else:
        found = _BARE.match(text, gives.end())
        good = found is not None and _bare_secret(text, found, gives.group(), loud=loud)
    return Hit(*found.span(), "password" if loud else "token") if found and good else None


def _bare_secret(text: str, found: re.Match[str], sign: str, *, loud: bool) -> bool:
    """The same for a value without quotes, which may be code or prose."""
    value = found[0]
    if not _looks_secret(value, loud=loud):
        return False
    if looks_random(value) or (loud and _mixed(value)):
        return True
    if text[found.end() : found.end() + 1] in ("(", "["):
        return False
    if _IDENTIFIER.fullmatch(value) and ("." in value or says_secret(value) is not None):
        return False
    return not sign.strip().endswith(":") or _AFTER.match(text, found.end()) is not None


def _looks_secret(value: str, *, loud: bool) -> bool:
    if len(value) < 3 or _NO_SECRET.match(value) or _VERSION.fullmatch(value):
        return False
    return loud or looks_random(value)


def _mixed(value: str) -> bool:
    return len(value) >= 6 and any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def looks_random(value: str) -> bool:
    """Eight characters or more, letters and digits or both cases mixed, and nothing ordinary."""
    if len(value) < 8 or any(map(str.isspace, value)):
        return False
    if _ORDINARY.fullmatch(value) or _VERSION.fullmatch(value):
        return False
    kinds = [any(map(test, value)) for test in (str.isdigit, str.islower, str.isupper)]
    return (kinds[0] and any(kinds[1:])) or (len(value) >= 20 and all(kinds[1:]))

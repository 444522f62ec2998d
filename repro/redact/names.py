"""Which names say that a value is secret, and which values look like one."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
#: Names that say it of nearly every value, at the end of a name of words joined by ``_``.
_LOUD = re.compile(
    r"(?:passwords?|passwd|passphrase|passcode|secrets?|_pass|(?:^|_)(?:pw|pwd|psk)"
    r"|(?:api|access|auth|secret|private|account|storage|pre_?shared|subscription|application"
    r"|license|encryption|signing|fernet)_?key"
    r"|(?:^|_)(?:client|shared|routing|integration|master|service|session|webhook|admin|app|nonce"
    r"|logged_in)_key|functions_key|pass_phrase|(?:bind|root|admin|user|login|db|mail|ldap)pwd?"
    r"|(?:ssh|store|key|bind|root|admin|user|login|db|mail|require|smtp|ftp|sudo|become|vault|pg)pass"
    r"|auth_?tok|auth_ident|(?:master|cli)_?auth|erlang_cookie|(?:auth|in|key|nonce)_salt"
    r"|client_key_data)(?:_value|_text|_string|_base)?$"
)
#: Names that other things have too; the value must look like a secret.
_QUIET = re.compile(
    r"(?:tokens?|credentials?|(?:^|_)(?:pass|auth|jwt|bearer|sas|otp|pin|pat|seed)|secret_id)$"
)
#: Words that stand where a secret would, and are none.
_NO_SECRET = re.compile(
    r"(?:none|null|nil|undefined|true|false|yes|not?|empty|required|optional|missing|invalid"
    r"|incorrect|wrong|expired|unset|default|string|str|bytes|int|any|object|bool|hidden|masked"
    r"|redacted|secretstr|self\b.*|os\.\w.*|x+|\*+|\.+|-+|…+|<.*|\[.*|\$.*|\{.*|%[({s].*|/.*|[a-z]:\\.*"
    r"|\w+://[^:@]*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_RARE_SIGN = re.compile(r"[!#$%^+~?]")
#: The name of a package: ``libsecret-1-0``.
_NUMBERED = re.compile(r"[-.]\d+$")
_VERSION = re.compile(r"(?:\d+:)?v?\d+(?:\.\d+)+[\w.+:~-]*")
#: Dates, versions, plain numbers, places in a file: letters and digits, yet no secret.
_ORDINARY = re.compile(
    r"v?\d+(?:[.:-]\d+)+(?:[-+~.]?[a-z]{1,6}+\d*+)*+|\d{4}-\d\d-\d\d[T ].*|\d+[a-zA-Z%]{0,3}"
    r"|[\w.+-]+[-_][\d.]+|[\w./-]+\.[a-z]{1,5}(?::\d+)?"
)


def is_secret(name: str, value: str) -> bool:
    """Whether a value that stands alone, such as one of a mapping, is secret by its name."""
    loud = says_secret(name)
    return loud is not None and looks_secret(value, loud=loud)


@lru_cache(4096)
def says_secret(name: str) -> bool | None:
    """Whether a name says that its value is secret: True: any value; False: one that looks so."""
    words = "_".join(_WORD.findall(name)).lower()
    if name in ("PWD", "OLDPWD"):  # of a shell, or of a data source
        return False
    if _NUMBERED.search(name):
        return None
    if _LOUD.search(words):
        return True
    return False if _QUIET.search(words) else None


def looks_secret(value: str, *, loud: bool) -> bool:
    """Whether a value may be secret; ``loud``: its name says that every one is."""
    if len(value) < 3 or _NO_SECRET.match(value) or _VERSION.fullmatch(value):
        return False
    return loud or looks_random(value)


def is_mixed(value: str) -> bool:
    """Six characters or more, letters and digits."""
    return len(value) >= 6 and any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def looks_random(value: str) -> bool:
    """Eight characters or more, letters and digits or both cases mixed, and nothing ordinary."""
    if len(value) < 8 or any(map(str.isspace, value)):
        return False
    if _ORDINARY.fullmatch(value) or _VERSION.fullmatch(value):
        return False
    kinds = [any(map(test, value)) for test in (str.isdigit, str.islower, str.isupper)]
    return (kinds[0] and any(kinds[1:])) or (len(value) >= 20 and all(kinds[1:]))


def looks_chosen(value: str) -> bool:
    """Random, and with both cases and digits, or with a sign that names do not have."""
    if not looks_random(value):
        return False
    return bool(_RARE_SIGN.search(value)) or all(
        any(map(test, value)) for test in (str.isdigit, str.islower, str.isupper)
    )

"""The base of every model, and the scalar types that a case file writes as text."""

import re
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema


class Frozen(BaseModel):
    """A value: immutable, hashable by content where its parts are, unknown keys refused.

    One that is a default is made by ``model_construct``, which needs no validator: all defaults
    together would have every command build validators that it does not use.
    """

    # Built on first use: a command that needs few models does not wait for all of them.  Nor are
    # annotations postponed in this room: pydantic would compile each of them by itself.
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class Scalar(str):
    """A YAML scalar as it was written; ``plain`` is false where it stood in quotes or a block."""

    __slots__ = ("plain",)
    plain: bool

    def __new__(cls, text: str, plain: bool = True) -> Self:
        """Keep the text, and whether it stood plain."""
        made = super().__new__(cls, text)
        made.plain = plain
        return made


_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None, "~": None, "": None,
}  # fmt: skip


def resolve(value: Any) -> Any:
    """Give untyped YAML its value by the core schema of YAML 1.2 (section 10.3.2).

    Only for keys that take anything (``vars``, testinfra attributes); all others have a type.
    """
    if isinstance(value, dict):
        return {str(key): resolve(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item) for item in value]
    if not isinstance(value, Scalar) or not value.plain:
        return str(value) if isinstance(value, Scalar) else value
    if value in _WORDS:
        return _WORDS[value]
    if _INTEGER.fullmatch(value):
        return int(value)
    return float(value) if _FLOAT.fullmatch(value) else str(value)


def empty(value: Any) -> Any:
    """``~`` and ``null`` where a mapping may be left empty."""
    is_null = isinstance(value, Scalar) and value.plain and resolve(value) is None
    return None if is_null else value


_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {
    "": 1, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_NUMBER_UNIT = re.compile(r"\s*([-+]?[0-9]+(?:\.[0-9]+)?)\s*([A-Za-z%]*)\s*")


def _number_and_unit(text: str, example: str) -> tuple[float, str]:
    found = _NUMBER_UNIT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} should be written like {example}")
    return float(found[1]), found[2]


def parse_duration(value: Any) -> float:
    """``500ms``, ``30s``, ``5min``, ``2h`` or a bare number of seconds → seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    else:
        number, unit = _number_and_unit(str(value), "30s, 500ms or 5min")
        if unit not in _SECONDS:
            raise ValueError(f"{unit!r} is no unit of time; use ms, s, min, h or d")
        seconds = number * _SECONDS[unit]
    if not 0 <= seconds <= 30 * 86400:
        raise ValueError("should be between 0 and 30 days")
    return seconds


def parse_offset(value: Any) -> float:
    """A signed duration (``+30s``, ``-2h``) → seconds."""
    text = str(value).strip()
    return -parse_duration(text[1:]) if text.startswith("-") else parse_duration(text.lstrip("+"))


def parse_size(value: Any) -> int:
    """``512MiB``, ``2GB`` or a bare number of bytes → bytes."""
    number, unit = _number_and_unit(str(value), "512MiB or 2GB")
    if unit not in _BYTES:
        raise ValueError(f"{unit!r} is no unit of size; use MiB, GiB, MB or GB")
    if not 0 <= number * _BYTES[unit] < 2**63:
        raise ValueError("should be between 0 and 8 EiB")
    return int(number * _BYTES[unit])


def parse_rate(value: Any) -> float:
    """``30%`` or ``0.3`` → 0.3."""
    number, unit = _number_and_unit(str(value), "30% or 0.3")
    if unit not in ("", "%"):
        raise ValueError(f"{unit!r} is no unit of a rate; use %")
    rate = number / 100 if unit == "%" else number
    if not 0 <= rate <= 1:
        raise ValueError("should be between 0% and 100%")
    return rate


def _text_schema(description: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": ["string", "number"], "description": description, "examples": list(examples)}
    )


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    _text_schema("a time: a number with ms, s, min, h or d; bare: seconds", "30s", "500ms"),
]
Offset = Annotated[
    float, BeforeValidator(parse_offset), _text_schema("a signed time", "+30s", "-2h")
]
Size = Annotated[
    int, BeforeValidator(parse_size), _text_schema("a size: MiB, GiB, MB …; bare: bytes", "512MiB")
]
Rate = Annotated[float, BeforeValidator(parse_rate), _text_schema("a share: 30% or 0.3", "30%")]
Anything = Annotated[Any, BeforeValidator(resolve)]

CaseId = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100, strict=False)
]
NodeName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
GuestPath = Annotated[str, StringConstraints(pattern=r"^/[^\x00]*$", max_length=4096)]
EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]

"""What repro concludes, kept so that it can be told in any language."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from string import Formatter
from typing import Any, NamedTuple, Self, TypeAlias

from pydantic import ValidationError

from repro.model.base import Frozen
from repro.model.wording import Wording


class Part(NamedTuple):
    """A piece of a sentence.  ``code``: a command, an identifier, a name to be typed."""

    text: str
    code: bool = False


class Phrase(Frozen):
    """A sentence by its key (``Wording``), with the values that stand in its braces.

    A value is text as it is shown, another phrase, or several of them.  ``str`` is English.
    """

    key: str
    values: "dict[str, Said | tuple[Said, ...]]" = {}

    def parts(self, wordings: Mapping[str, str], between: str) -> Iterator[Part]:
        """In the words of a language; ``between`` is what parts several phrases.

        Raises KeyError for a sentence that is not there, or asks for another value, and
        ValueError for one whose braces are torn.
        """
        for text, name, is_code in _pieces(wordings[self.key]):
            if text:
                yield Part(text, is_code)
            if name is None:
                continue
            value = self.values[name]
            for at, said in enumerate(value if isinstance(value, tuple) else (value,)):
                if at:
                    yield Part(between)
                if isinstance(said, str):
                    yield Part(said, is_code)
                else:
                    yield from said.parts(wordings, between)

    def __str__(self) -> str:
        return plain(self.parts(english(), "; "))


#: A phrase; or text that is not repro's own, or was recorded without one.
Said: TypeAlias = str | Phrase
#: What may stand in the braces of a sentence.
Value: TypeAlias = int | Said | Sequence[Said]


class Worded(Frozen):
    """A value some of whose texts are repro's own: ``phrases`` has these, by their fields' names.

    A record of an older version has none; its texts are told as they are.
    """

    phrases: dict[str, Phrase] = {}

    @classmethod
    def made(cls, **values: Any) -> Self:
        """With each phrase among the values as a text, and kept as a phrase beside it."""
        return cls(**_texts(values), phrases=_phrases(values))

    def copied(self, **values: Any) -> Self:
        """A copy with other values, phrases among them as ``made`` takes them."""
        kept = {name: each for name, each in self.phrases.items() if name not in values}
        return self.model_copy(update={**_texts(values), "phrases": {**kept, **_phrases(values)}})

    def said(self, field: str) -> Said:
        """A text as a phrase; as text where there is none, or one that says something else."""
        phrase: Phrase | None = self.phrases.get(field)
        text: str = getattr(self, field)
        return phrase if phrase is not None and _says(phrase, text) else text


def say(wording: Wording, **values: Value) -> Phrase:
    """A phrase.  Raises ValueError where the values are not those that the sentence asks for."""
    asked = places(wording.value)
    if asked != values.keys():
        raise ValueError(f"{wording.name} asks for {sorted(asked)}, not {sorted(values)}")
    return Phrase(key=wording.key, values={name: _value(each) for name, each in values.items()})


def verdict(name: str) -> Phrase:
    """A verdict's name.  Raises KeyError for one that there is none of."""
    return say(Wording[name.upper().replace("-", "_")])


def each_of(phrases: Sequence[Said]) -> Said:
    """Several as one."""
    return phrases[0] if len(phrases) == 1 else say(Wording.EACH, parts=phrases)


def plain(parts: Iterable[Part]) -> str:
    """As one text; what is code stands between backticks."""
    return "".join(f"`{text}`" if is_code else text for text, is_code in parts)


def agreeing(phrases: Mapping[str, Any], texts: Mapping[str, Any]) -> dict[str, Any]:
    """Without those phrases that do not say what the texts of the same names say.

    What is no phrase at all stays: the mapping is somebody else's then.
    """
    return {name: each for name, each in phrases.items() if _may_stay(each, texts.get(name))}


def _phrases(values: Mapping[str, Any]) -> dict[str, Phrase]:
    return {name: value for name, value in values.items() if isinstance(value, Phrase)}


def _texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """With phrases as text."""
    return {**values, **{name: str(phrase) for name, phrase in _phrases(values).items()}}


def _may_stay(phrase: Any, text: object) -> bool:
    try:
        return _says(Phrase.model_validate(phrase), text)
    except ValidationError:
        return True


def _says(phrase: Phrase, text: object) -> bool:
    try:
        return str(phrase) == text
    except KeyError:  # of a version that has other sentences
        return False


def _value(value: Value) -> Said | tuple[Said, ...]:
    if isinstance(value, str | Phrase):
        return value
    return str(value) if isinstance(value, int) else tuple(value)


@cache
def english() -> Mapping[str, str]:
    """Every sentence by its key."""
    return {wording.key: wording.value for wording in Wording}


def places(sentence: str) -> set[str]:
    """The names of the values that a sentence asks for.  Raises ValueError for torn braces."""
    return {name for _, name, _ in _pieces(sentence) if name}


@cache
def _pieces(sentence: str) -> tuple[tuple[str, str | None, bool], ...]:
    """A sentence's texts, each with the name of the value that follows, and whether it is code."""
    return tuple(
        (text, name, bool(at % 2))
        for at, piece in enumerate(sentence.split("`"))
        for text, name, _, _ in Formatter().parse(piece)
    )

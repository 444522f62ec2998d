"""The wording of reports: templates and names, by language; a team's own come first.

A language is a folder with ``words.yml`` and the templates (templates/README.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from repro.errors import InputError
from repro.model.phrase import Part, Phrase, Worded, english, places, plain

BUILT_IN = Path(__file__).parent / "templates"
_FILE = "words.yml"
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
#: Characters of a sentence that is looked up by its English: patterns take long for long texts.
_LONGEST = 300
_PLACE = re.compile(r"\\\{(\w+)\\\}")


class Words:
    """What a language calls things.

    ``cache`` is a folder for compiled templates: compiling takes longer than filling in.  Raises
    InputError for a language that there is none of, or a file that is wrong.
    """

    def __init__(
        self, language: str = "en", templates: Path | None = None, cache: Path | None = None
    ) -> None:
        self.language = language
        self.cache = cache
        self.templates = templates
        homes = [home for home in (templates, BUILT_IN) if home is not None]
        #: Where templates are looked for, one folder after the other.
        self.folders = [home / language for home in homes] + homes
        known = {path.parent.name for home in homes for path in home.glob(f"*/{_FILE}")}
        if not _LANGUAGE.fullmatch(language) or language not in known:
            raise InputError(
                f"there are no words of the language {language!r}",
                cause=f"there are those of {', '.join(sorted(known))}",
                action="see `--lang`, `language` and `templates` in the settings",
            )

    def __call__(self, key: str, /, **values: object) -> str:
        """A sentence as plain text; what is code in it stands between backticks."""
        return plain(self.parts(key, **values))

    def parts(self, key: str, /, **values: object) -> tuple[Part, ...]:
        """A sentence by its key (``advice.rerun``), in pieces; ``values`` stand in its braces.

        Raises InputError where there is no such sentence, or it asks for another value.
        """
        sentence = self._sentence(key)
        try:
            pieces = [piece.format_map(values) for piece in sentence.split("`")]
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise InputError(
                f"{_FILE} of {self.language}: {key} cannot be worded: {sentence!r}",
                cause=f"it may ask for {', '.join(values) or 'nothing'}; not for {error}",
            ) from None
        return _parts(pieces)

    def name(self, kind: str, value: str) -> str:
        """What a code (a verdict, a grade …) is called; one that has no name stays as it is."""
        names = self._known.get(kind)
        return str(names.get(value, value)) if isinstance(names, dict) else value

    def worded(self, value: Worded, field: str) -> tuple[Part, ...]:
        """A text that repro concluded; in English where it was recorded without its phrase."""
        said = value.said(field)
        if isinstance(said, Phrase):
            return tuple(said.parts(self._conclusions, self._conclusions["between"]))
        return self.told(said)

    def phrase(self, text: str) -> str:
        """A sentence that repro recorded in English; any other text stays as it is."""
        sentences = self._phrases if len(text) <= _LONGEST else ()
        for pattern, wording in sentences:
            if found := pattern.fullmatch(text):
                return wording.format_map(found.groupdict())
        return text

    def told(self, text: str) -> tuple[Part, ...]:
        """The same in pieces, like ``parts``."""
        return _parts(self.phrase(text).split("`"))

    def _sentence(self, key: str) -> str:
        found: Any = self._known
        for name in key.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if not isinstance(found, str):
            raise InputError(f"{_FILE} of {self.language} has no {key}")
        return found.strip()

    @cached_property
    def _known(self) -> dict[str, Any]:
        """The built-in words of the language, and over them the team's."""
        found: dict[str, Any] = {}
        for folder in reversed(self.folders):
            for path in sorted(folder.glob("*.yml")):
                found = _merged(found, _read(path))
        return found

    @cached_property
    def _conclusions(self) -> Mapping[str, str]:
        """By the keys of phrases; in English what this language has no words for."""
        known = {"between": "; ", **english()}
        ours = {name: str(text) for name, text in (self._known.get("conclusions") or {}).items()}
        for name, sentence in ours.items():
            if wrong := _wrong(sentence, known.get(name, "")):
                raise InputError(
                    f"conclusions.{name} of {self.language} cannot be worded: {sentence!r}",
                    cause=wrong,
                )
        return {**known, **ours}

    @cached_property
    def _phrases(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        return tuple(_patterns(self._known.get("phrases") or {}))


def _parts(pieces: Sequence[str]) -> tuple[Part, ...]:
    """What stands between two backticks is every other piece."""
    return tuple(Part(text, bool(at % 2)) for at, text in enumerate(pieces) if text)


def _wrong(sentence: str, english: str) -> str:
    """Why a sentence cannot stand for the English one; empty where it can."""
    try:
        unknown = places(sentence) - places(english)
    except ValueError as error:
        return str(error)
    return f"it asks for {', '.join(sorted(unknown))}" if unknown else ""


def _patterns(phrases: Mapping[str, str]) -> Iterator[tuple[re.Pattern[str], str]]:
    for text, wording in phrases.items():
        yield re.compile(_PLACE.sub(r"(?P<\1>.+)", re.escape(text)), re.DOTALL), wording


def _read(path: Path) -> dict[str, Any]:
    import yaml

    if not path.is_file():
        return {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = yaml.load(path.read_text("utf-8"), loader)  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} cannot be read", cause=str(error)) from None
    if not isinstance(found, dict):
        raise InputError(f"{path} should be a mapping")
    return found


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Both, with what is in both taken from the second."""
    both = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            both[key] = _merged(under[key], over[key])
    return both

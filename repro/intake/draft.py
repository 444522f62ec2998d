"""A ticket → a draft case.  Pure: what cannot be found out is marked to be filled in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from repro.intake import writing
from repro.intake.products import find_product
from repro.intake.reading import Found, Passage, labelled, one_line, quoted, read
from repro.intake.steps import Action, Done, find_steps
from repro.intake.symptoms import Symptom, find_symptom
from repro.intake.systems import find_os
from repro.intake.topologies import find_topology
from repro.model.profile import OsProfile, ProductProfile
from repro.model.ticket import Ticket

#: The OS of a case that names none (docs/case-format.md).
_DEFAULT_OS = "debian-12"
#: Words of an id, and its characters; attachments and lines that a comment tells of.
_WORDS, _ID, _TOLD = 7, 60, 8
_SMALL_WORDS = frozenset([
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "does", "do", "for", "from", "has",
    "have", "if", "in", "into", "is", "it", "its", "my", "no", "not", "of", "on", "or", "our",
    "that", "the", "then", "this", "to", "too", "was", "we", "when", "where", "which", "while",
    "with", "you",
])  # fmt: skip
#: What a ticket may call it.
_SEVERITY = ("priority", "severity", "優先度", "重要度")
_SEVERITIES = {
    "critical": ("critical", "urgent", "blocker", "highest", "emergency", "緊急"),
    "high": ("high", "major", "高"),
    "low": ("low", "minor", "trivial", "lowest", "低"),
}
_HISTORY = re.compile(
    r"\b(?:since|after|until|before|upgrad|updat|downgrad|regression|worked|introduced)\b.{0,80}\d\.\d"
    r"|(?:から|以降|まで|アップグレード|アップデート).{0,40}\d\.\d|\d\.\d.{0,40}(?:から|以降|まで)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Shelf:
    """The profiles that a draft may name."""

    os: tuple[OsProfile, ...]
    products: tuple[ProductProfile, ...]
    topologies: Collection[str]


@dataclass(frozen=True)
class Draft:
    """``text`` is the file.  ``found`` are keys with what was found and where; ``todo`` are keys
    with what a person has to say.
    """

    id: str
    text: str
    found: tuple[tuple[str, str], ...]
    todo: tuple[tuple[str, str], ...]


def draft(
    ticket: Ticket,
    shelf: Shelf,
    *,
    tickets: tuple[str, ...] = (),
    attached: Collection[str] = (),
) -> Draft:
    """A draft case.  ``tickets`` is where its results go; ``attached`` are names of files."""
    return _Drafting(ticket, shelf, tickets, tuple(map(one_line, attached))).made()


def slug(title: str, otherwise: str = "") -> str:
    """An id of a title's words; of the ticket's key where they have none in ASCII."""
    for text in (title, otherwise):
        words = re.findall(r"[a-z0-9]+(?:\.[0-9]+)*", text.lower())
        telling = [word for word in words if word not in _SMALL_WORDS]
        telling = telling if len(telling) > 1 else words
        made = "-".join(telling[:_WORDS])[:_ID].strip("-.")
        if any(character.isalpha() for character in made):
            return made
    return "draft"


class _Drafting:
    """Finds everything once, and writes it part by part."""

    def __init__(
        self, ticket: Ticket, shelf: Shelf, tickets: tuple[str, ...], attached: tuple[str, ...]
    ) -> None:
        self._ticket, self._shelf, self._tickets, self._attached = ticket, shelf, tickets, attached
        self._passages = read(ticket)
        self._done: Done = find_steps(self._passages)
        self._symptom = find_symptom(self._passages, self._done)
        self._found: list[tuple[str, str]] = []
        self._todo: list[tuple[str, str]] = []

    def made(self) -> Draft:
        """The draft."""
        title = one_line(self._ticket.title)[:200]
        made_id = slug(title, self._tickets[0] if self._tickets else "")
        parts = [self._head(made_id, title), self._environment(), self._files(), self._steps(),
                 self._symptoms(), self._healthy()]  # fmt: skip
        text = "\n".join(part for part in parts if part)
        return Draft(made_id, text, tuple(self._found), tuple(self._todo))

    # -- the parts ---------------------------------------------------------------------

    def _head(self, made_id: str, title: str) -> str:
        origin = f" from {self._tickets[0]}" if self._tickets else ""
        text = writing.comment(f"A draft{origin}. TODO marks what is to be filled in.")
        if self._tickets:
            text += writing.comment("What was found stands below the words it was taken from.")
        text += writing.entry("schema", 1) + writing.entry("id", made_id)
        missing = () if title else (self._missing("title", "what is wrong, in a sentence"),)
        text += writing.entry("title", title, missing)
        if severity := self._severity():
            text += writing.entry("severity", severity.value, (severity.source,))
        if self._tickets:
            text += writing.entry("tickets", list(self._tickets))
        if self._ticket.url.startswith(("http://", "https://")):
            text += writing.entry("references", [one_line(self._ticket.url)])
        history = [f"known: {line}" for line in self._lines(_HISTORY)]
        if history:
            text += self._absent("known", "{introduced: …, fixed: …}, where the ticket says so")
        return text + "".join(writing.comment(line) for line in history)

    def _environment(self) -> str:
        os, others = find_os(self._passages, self._shelf.os)
        text = "environment:\n"
        if os is None:
            todo = self._missing("environment.os", "the OS that the customer has")
            text += writing.entry("os", _DEFAULT_OS, (todo,), 2)
        else:
            also = (f"also named: {each.value} ({each.source})" for each in others[:_TOLD])
            text += writing.entry("os", os.value, [*self._notes("environment.os", os), *also], 2)
        text += self._product()
        topology = find_topology(self._passages, self._shelf.topologies)
        if topology is not None:
            notes = self._notes("environment.topology", topology)
            text += writing.entry("topology", topology.value, notes, 2)
        return text

    def _product(self) -> str:
        product = find_product(self._passages, self._shelf.products, self._repository())
        if product.name is None:
            todo = "pkg:pypi/NAME, pkg:npm/NAME, or the name of a product profile"
            text = self._absent("environment.product", todo, 2)
        else:
            notes = self._notes("environment.product", product.name)
            text = writing.entry("product", product.name.value, notes, 2)
        if product.version is None or product.name is None:
            seen = f" ({product.version.source})" if product.version else ""
            text += self._absent("environment.version", f"the one that the customer has{seen}", 2)
        else:
            notes = self._notes("environment.version", product.version)
            also = (f"also named: {each.value} ({each.source})" for each in product.others[:_TOLD])
            text += writing.entry("version", product.version.value, [*notes, *also], 2)
        pins = {manager: list(pinned) for manager, pinned in product.pins.items()}
        return text + (writing.entry("with", pins, ("pinned in the ticket",), 2) if pins else "")

    def _files(self) -> str:
        told = ", ".join(self._attached[:_TOLD])
        notes = [self._missing("files", f"attached to the ticket: {told}")] if told else []
        items = [
            ({"path": f"/case/{each.name}", "content": each.content}, (f"{each.where}",))
            for each in self._done.programs
        ]
        if items:
            self._found.append(("files", ", ".join(each.name for each in self._done.programs)))
            return writing.listed("files", items, notes)
        return "".join(writing.comment(note) for note in notes)

    def _steps(self) -> str:
        actions = self._done.actions
        if not actions:
            todo = "what was done, as commands: - {name: …, run: …}"
            return writing.listed("steps", [], (self._missing("steps", todo),))
        self._found.append(("steps", ", ".join(each.name for each in actions)))
        items = []
        for number, each in enumerate(actions):
            notes = [each.where]
            if each.doubt:
                notes.append(self._missing(f"steps[{number}]", each.doubt))
            items.append((self._step(each), notes))
        return writing.listed("steps", items)

    def _step(self, action: Action) -> dict[str, object]:
        step: dict[str, object] = {"name": action.name, "run": action.run}
        if self._symptom and self._symptom.hangs and action is self._shown(self._symptom):
            step |= {"timeout": "60s"}
        return step

    def _symptoms(self) -> str:
        shown = self._symptom
        if shown is None:
            todo = "what shows it: - {step: …, exit: …, output: {matches: …}}"
            return writing.listed("symptom", [], (self._missing("symptom", todo),))
        action = self._shown(shown)
        condition: dict[str, object] = {"step": action.name if action else "step-1"}
        if shown.hangs:
            condition["timed_out"] = True
        else:
            condition |= {"exit": shown.exit} if shown.exit else {}
            condition["output"] = {"matches": shown.pattern}
        source = f"{shown.where}: {quoted(shown.quote)}"
        self._found.append(("symptom", source))
        notes = [source]
        if shown.step < 0:
            notes.append(self._missing("symptom", "is this the step that shows it?"))
        return writing.listed("symptom", [(condition, notes)])

    def _healthy(self) -> str:
        expected = [
            found.source for name, found in labelled(self._passages)
            if re.search(r"\bexpect|should happen|期待", name)
        ]  # fmt: skip
        if not expected:
            return ""
        text = self._absent("healthy", "left out, it means that every step does as expected")
        return text + "".join(writing.comment(each) for each in expected[:_TOLD])

    # -- help --------------------------------------------------------------------------

    def _shown(self, symptom: Symptom) -> Action | None:
        """The step that showed the issue: the one known, else the last."""
        return self._done.actions[symptom.step] if self._done.actions else None

    def _missing(self, key: str, words: str) -> str:
        self._todo.append((key, words))
        return f"TODO: {words}"

    def _absent(self, key: str, words: str, indent: int = 0) -> str:
        """A comment where a key would stand."""
        self._missing(key, words)
        return writing.comment(f"TODO: {key.rpartition('.')[2]}: {words}", indent)

    def _notes(self, key: str, found: Found) -> list[str]:
        self._found.append((key, f"{found.value}, by {found.source}"))
        doubt = [self._missing(key, found.doubt)] if found.doubt else []
        return [found.source, *doubt]

    def _severity(self) -> Found | None:
        said = [found for name, found in labelled(self._passages) if name in _SEVERITY]
        for found in said:
            for severity, words in _SEVERITIES.items():
                if any(word in found.value.lower() for word in words):
                    return Found(severity, found.quote, found.where)
        return None

    def _repository(self) -> str:
        fields = self._ticket.fields
        return one_line(fields.get("repository") or fields.get("project") or "")

    def _lines(self, pattern: re.Pattern[str]) -> Iterator[str]:
        """The first lines of prose in which something is said."""
        prose: list[Passage] = [each for each in self._passages if each.kind in ("title", "prose")]
        lines = (f"{each.where}: {quoted(line)}" for each in prose
                 for line in each.lines if pattern.search(line))  # fmt: skip
        yield from list(dict.fromkeys(lines))[:3]

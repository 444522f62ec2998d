"""A report as one HTML file that needs nothing else: no script, no font, no picture from outside.

Text from outside is escaped as it is printed, with every hidden character made visible, and each
list is bounded: the page stays small whatever a run printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from repro.model.account import Subject
from repro.model.bisection import BisectAnswer
from repro.model.observation import (
    Captured,
    LogObservation,
    ModuleObservation,
    NodeObservation,
    ProbeObservation,
    PythonObservation,
    StepObservation,
)
from repro.model.phrase import Part as Piece
from repro.model.record import NodeLock, RunRecord
from repro.report.account import account_of
from repro.report.answers import answer_of, grid_of
from repro.report.charts import Line, line
from repro.report.diff import RunDiff, diff_runs
from repro.report.excerpt import evidence_texts
from repro.report.looks import CLASSES, SIGNS
from repro.report.output import Outputs, Part
from repro.report.quotes import quotes_of
from repro.report.template_words import TemplateWords
from repro.report.templating import compiled, filled, share
from repro.report.terminal import visible
from repro.report.text import one_line, seconds, size
from repro.report.timeline import Timeline, numbered, timeline
from repro.report.words import Words

PAGE = Path(__file__).parent / "page"
#: Of each list on a page, at most so many are shown; what is beyond is counted.
SHOWN = 300
_PACKAGES = 12_000
#: Characters of one recorded sentence.
_SENTENCE = 2_000
_PASSED = {True: "passed", False: "failed", None: "unknown"}


def render(subject: Subject, words: Words) -> str:
    """The page of a run or campaign.  Raises InputError for a template that is wrong."""
    campaign = subject.campaign
    answer = answer_of(campaign) if campaign else None
    return filled(
        page_environment(words),
        "report.html.j2",
        words,
        subject=subject,
        account=account_of(subject),
        view=RunView(subject.run, subject.other, words) if subject.run else None,
        answer=answer,
        line=_line(subject, answer),
    )


def page_environment(words: Words) -> ImmutableSandboxedEnvironment:
    """Jinja2 for pages: everything printed is text."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([*words.folders, PAGE]),
        autoescape=True,
        finalize=_printed,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=compiled(words),
    )
    environment.filters |= {"seconds": seconds, "size": size, "short": one_line}
    environment.filters["coded"] = lambda text: sentence(words.told(text[:_SENTENCE]))
    environment.globals = {
        **TemplateWords(words, sentence).functions(), "grid": grid_of, "share": share,
        "looks": CLASSES, "signs": SIGNS, "shown": SHOWN,
    }  # fmt: skip
    return environment


def sentence(parts: Iterable[Piece]) -> Markup:
    """A sentence of ``Words``, what is code in it as code."""
    code = Markup("<code>{}</code>")
    texts = [(visible(part.text), part.code) for part in parts]
    return Markup().join(code.format(text) if is_code else escape(text) for text, is_code in texts)


def _printed(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _line(subject: Subject, answer: object) -> Line | None:
    if subject.campaign is None or not isinstance(answer, BisectAnswer):
        return None
    releases = subject.campaign.header.options.get("versions") or ()
    return line(answer, [str(each) for each in releases])


@dataclass(frozen=True)
class Printed:
    """What a step or a probe printed on one of its streams."""

    stream: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class StepView:
    """A step with its number and what it printed."""

    number: int
    step: StepObservation
    printed: tuple[Printed, ...]

    @property
    def is_folded(self) -> bool:
        """Whether it is of less interest: a part of the setup that went as it should."""
        return self.step.phase == "setup" and self.step.expected


@dataclass(frozen=True)
class Look:
    """What a condition looked at, and what it saw there."""

    node: str
    what: str
    said: str
    printed: tuple[Printed, ...] = ()


@dataclass(frozen=True)
class Packages:
    """What one manager has installed on a node; ``beyond`` more are only in the record."""

    manager: str
    installed: tuple[tuple[str, str], ...]
    beyond: int


class RunView:
    """A run as its page shows it.  What is drawn first has the first claim on the page's room."""

    def __init__(self, record: RunRecord, other: RunRecord | None, words: Words) -> None:
        self.record = record
        self._other = other
        self._words = words
        self._outputs = Outputs(evidence_texts(record.verdict), _Says(words))
        self._packages = _PACKAGES

    @cached_property
    def timeline(self) -> Timeline | None:
        """Its stages and steps as a picture."""
        return timeline(self.record)

    @cached_property
    def steps(self) -> list[StepView]:
        """The steps of the replay, and those of the setup, with what they printed.

        Of very many, those that tell come first.
        """
        order = numbered(self.record)
        telling = {quote.step for quote in quotes_of(self.record)}
        first = [each for each in order if each[1].phase == "steps" or not each[1].expected]
        first.sort(key=lambda each: each[1].expected and each[1].step not in telling)
        made = {number: self._step(number, step) for number, step in first[:SHOWN]}
        rest = [each for each in order if each[0] not in made][: SHOWN - len(made)]
        made |= {number: self._step(number, step) for number, step in rest}
        return [made[number] for number, _ in order if number in made]

    @cached_property
    def steps_beyond(self) -> int:
        """How many steps are not shown."""
        return len(numbered(self.record)) - len(self.steps)

    @cached_property
    def looks(self) -> list[Look]:
        """What was looked at after the steps."""
        found = (look for each in self.record.observations for look in self._looked(each))
        return [look for look, _ in zip(found, range(SHOWN), strict=False)]

    @cached_property
    def difference(self) -> RunDiff | None:
        """In what the other run's environment differs."""
        return diff_runs(self.record, self._other) if self._other else None

    def packages(self, node: NodeLock) -> list[Packages]:
        """What is installed on a node."""
        made = []
        for manager, found in node.packages.items():
            items = tuple(sorted(found.items())[: self._packages])
            self._packages -= len(items)
            if found:
                made.append(Packages(manager, items, len(found) - len(items)))
        return made

    def _step(self, number: int, step: StepObservation) -> StepView:
        result = step.result
        return StepView(number, step, self._both(result.stdout, result.stderr))

    def _both(self, stdout: Captured, stderr: Captured) -> tuple[Printed, ...]:
        return self._shown(("stdout", stdout), ("stderr", stderr))

    def _shown(self, *streams: tuple[str, Captured]) -> tuple[Printed, ...]:
        drawn = ((name, self._outputs.parts(captured)) for name, captured in streams)
        return tuple(Printed(name, parts) for name, parts in drawn if parts)

    def _looked(self, observation: object) -> Iterator[Look]:
        match observation:
            case ProbeObservation(node=node, command=command, result=result):
                ended = self._words("observed.exit", exit=result.exit)
                yield Look(node, command, ended, self._both(result.stdout, result.stderr))
            case ModuleObservation(node=node, module=module, values=values, error=error):
                seen = (f"{name} = {value}" for name, value in values.items())
                yield Look(node, module, error or ", ".join(seen))
            case PythonObservation(node=node, file=file, passed=passed, output=output):
                told = self._words(f"page.python.{_PASSED[passed]}")
                yield Look(node, file, told, self._shown(("output", output)))
            case LogObservation(node=node, path=path, text=text):
                captured = Captured(text=text or "")
                yield Look(node, path, "" if text is not None else "-",
                           self._shown(("log", captured)))  # fmt: skip
            case NodeObservation(node=node, state=state) if state != "running":
                yield Look(node, state, "OOM" if observation.oom_killed else "")


class _Says:
    """How the words of a language say that a part of an output is not there."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def characters_left_out(self, count: int) -> str:
        return self._words("page.characters_left_out", count=f"{count:,}")

    def bytes_not_kept(self, count: int) -> str:
        return self._words("page.bytes_not_kept", size=size(count))

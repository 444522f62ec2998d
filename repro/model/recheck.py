"""What is known of a catalogue's issues from one look to the next."""

from typing import Literal

from repro.model.base import Frozen
from repro.model.observation import Rate, VerdictName
from repro.model.phrase import Worded

#: Version of the state file; a reader refuses a newer one.
STATES_SCHEMA = 2

StateName = Literal["open", "fixed", "back", "flaky", "cannot-tell"]


class VersionVerdict(Worded):
    """What one release showed when it was last run.

    ``flaky``: it showed the issue in one run and not in another, though the case does not say so.
    ``lasting``: it cannot be run here, and trying again would not help.  ``at`` is ISO 8601 (UTC).
    """

    verdict: VerdictName
    reason: str
    run: str
    at: str
    rate: Rate | None = None
    flaky: bool = False
    lasting: bool = False

    @property
    def is_valid(self) -> bool:
        """Whether it is a verdict on the issue."""
        return self.verdict in ("reproduced", "not-reproduced")

    @property
    def is_done(self) -> bool:
        """Whether there is no need to run it again: only the environment's failures pass."""
        return self.lasting or self.verdict != "environment-failed"


class State(Worded):
    """An issue's state on an OS.  ``version``: that it is fixed in, or back in; None: its case
    names no product, so there are no versions.
    """

    name: StateName
    version: str | None = None
    why: str = ""

    def is_like(self, other: "State") -> bool:
        """Whether nothing has changed, though the reason may be another one."""
        return (self.name, self.version) == (other.name, other.version)

    @property
    def word(self) -> str:
        """What it is called where it is told in words."""
        bare = {"fixed": "gone", "back": "again"} if self.version is None else {}
        return bare.get(self.name, self.name)

    def __str__(self) -> str:
        words = {"fixed": "fixed in", "back": "back in", "cannot-tell": "cannot tell"}
        words |= {"gone": "fixed", "again": "back"}
        return " ".join(filter(None, (words.get(self.word, self.word), self.version)))


class Issue(Frozen):
    """A case on one OS and topology: its state, since when, and what that rests on.

    ``since`` and ``looked`` are ISO 8601 (UTC).  ``digest`` is the case's when it was looked at:
    a corrected case is looked at anew.  ``newest`` is the newest release that was dealt with;
    ``contradictions`` are those with the case's ``known`` that were told already.
    """

    case: str
    os: str
    topology: str
    digest: str
    state: State
    since: str
    looked: str
    newest: str | None = None
    seen: dict[str, VersionVerdict] = {}
    contradictions: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Unlike that of any other issue of a catalogue."""
        return issue_key(self.case, self.os, self.topology)


class Change(Frozen):
    """An issue whose state is not what it was; ``before`` None: it was never looked at."""

    case: str
    title: str
    os: str
    topology: str
    before: State | None
    after: State
    since: str
    run: str = ""


class Told(Worded):
    """A sentence about an issue on an OS."""

    case: str
    os: str
    text: str


class States(Frozen):
    """The state file of one catalogue.  ``changed`` and ``contradictions`` were not told yet: the
    look that found them was ended before its digest.
    """

    schema_: int = STATES_SCHEMA
    catalogue: str
    issues: dict[str, Issue] = {}
    changed: tuple[Change, ...] = ()
    contradictions: tuple[Told, ...] = ()


class RecheckAnswer(Frozen):
    """The digest of one look at a catalogue, and what was done for it.

    ``left`` counts issues that the budget of time did not reach.
    """

    issues: int
    cells: int
    changed: tuple[Change, ...] = ()
    contradictions: tuple[Told, ...] = ()
    unchecked: tuple[Told, ...] = ()
    left: int = 0

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.changed or self.contradictions or self.unchecked or self.left)


def issue_key(case: str, os: str, topology: str) -> str:
    """What an issue's state is kept under."""
    return f"{case} {os} {topology}"

"""What a bisection did, and what it found."""

from typing import Literal

from repro.model.base import Frozen
from repro.model.observation import Rate, VerdictName
from repro.model.phrase import Worded

#: ``introduced``: clean → affected, the first time; ``back``: again; ``fixed``: affected → clean.
BoundaryKind = Literal["introduced", "fixed", "back"]


class BisectStep(Worded):
    """One run: why this version, what it showed, and what is left to be found; in plain words."""

    number: int
    version: str
    why: str
    verdict: VerdictName
    showed: str
    left: str


class Candidate(Frozen):
    """A version that may be the first one beyond a boundary; None: there is no such version."""

    version: str | None
    confidence: float


class Boundary(Frozen):
    """Where affected and unaffected releases meet.

    ``before`` and ``after`` are the nearest releases on its two sides, in order of release, that
    could be told; None where the history ends first.  ``between`` could not be run: the boundary
    is before, between or after them.  ``candidates`` are the first versions of the new state that
    are likely at all, the likeliest first.
    """

    kind: BoundaryKind
    before: str | None
    after: str | None
    between: tuple[str, ...] = ()
    confidence: float
    candidates: tuple[Candidate, ...] = ()


class Stretch(Frozen):
    """Releases in a row of which the same is held; ``unknown``: the boundary's doubt."""

    first: str
    last: str
    state: Literal["affected", "clean", "unknown"]


class VersionSeen(Worded):
    """What the runs of one version showed.  ``runs`` are the valid ones; ``skipped`` says why it
    could not be run, and is empty otherwise.
    """

    version: str
    runs: int
    reproduced: int
    skipped: str = ""


class BisectAnswer(Worded):
    """The answer of a bisection.

    ``first_affected`` and ``first_fixed`` are of the oldest affected stretch; ``first_affected``
    is the oldest release looked at when that is affected already, and both are None where no
    answer is given or there is none.  ``confidence`` is the chance that all boundaries are where
    the answer says, given what was run.  ``evaluations`` counts valid runs.  ``cause`` and
    ``action`` are set where it was refused or abstained.
    """

    state: Literal["answered", "abstained", "refused"]
    headline: str
    sentences: tuple[str, ...] = ()
    cause: str = ""
    action: str = ""
    first_affected: str | None = None
    first_fixed: str | None = None
    boundaries: tuple[Boundary, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    versions: tuple[VersionSeen, ...] = ()
    steps: tuple[BisectStep, ...] = ()
    rate: Rate | None = None
    monotonic: bool = True
    nature: Literal["steady", "comes-and-goes"] = "steady"
    confidence: float = 0.0
    evaluations: int = 0

"""What a report tells: a run or a campaign, what it follows from, and what follows from it.

Nothing here is worded: templates of each language do that.
"""

from typing import Literal

from pydantic import ConfigDict

from repro.model.base import Frozen
from repro.model.bisection import BisectAnswer
from repro.model.campaign import CampaignRecord
from repro.model.case import Case
from repro.model.observation import VerdictName
from repro.model.phrase import Worded
from repro.model.plan import Cell, FidelityPoint
from repro.model.recheck import State
from repro.model.record import RunRecord

#: What a reader is advised to do.
#: ``upgrade``: to a version that was seen without the issue.  ``workaround``: one seen to work.
#: ``hand-over``: a new issue, or one that its fix (``version``) did not end, for development.
#: ``compare``: not reproduced; what differs, and what to ask the customer for.  ``rerun``: the
#: environment failed, or was not the customer's.  ``correct``: the case cannot tell, or something
#: else failed.
AdviceKind = Literal["upgrade", "workaround", "hand-over", "compare", "rerun", "correct"]
#: What the customer is asked for, by what the answer would decide.
Question = Literal["version", "topology", "os", "packages", "frequency", "configuration",
                   "output", "steps"]  # fmt: skip


class SeenVersion(Frozen):
    """A release, and what it showed in ``run``.  ``at`` is ISO 8601 (UTC).

    "inconclusive": an issue that comes and goes did not show, in too few runs to say so.
    """

    version: str
    os: str
    verdict: VerdictName
    run: str
    at: str


class SeenWorkaround(Frozen):
    """A workaround that was seen to help, beside its control."""

    name: str
    run: str
    campaign: str = ""
    why: str = ""


class Related(Frozen):
    """What else is known of the case on this OS and topology, from the history and campaigns.

    ``versions`` are those that were run, in order of release; ``first_without`` is the first one
    after the affected ones that was *seen* without the issue.  ``past_fix``: the run is of the
    release that is said to fix the issue, or of a later one.  ``theirs`` is what the customer's own
    OS and version showed, where anybody ran them.
    """

    versions: tuple[SeenVersion, ...] = ()
    first_without: SeenVersion | None = None
    past_fix: bool = False
    theirs: SeenVersion | None = None
    workaround: SeenWorkaround | None = None
    bisection: BisectAnswer | None = None
    state: State | None = None
    since: str = ""


class Quote(Frozen):
    """A piece of output as evidence.

    ``before``, ``match`` and ``after`` are, put together, whole lines in which every character
    can be seen; ``match`` is what is marked in them, and empty where a step shows the issue by how
    it ended.  ``left_out`` counts the lines of that output which are not shown.  ``step`` is empty
    where the output is a probe's or a log's: then ``command`` is the probe, or the log's path.
    """

    step: str
    node: str
    command: str
    stream: Literal["stdout", "stderr", "log", "output"]
    before: str
    match: str
    after: str
    left_out: int = 0
    exit: int | None = None
    signal: str | None = None
    timed_out: bool = False

    @property
    def text(self) -> str:
        """All that is shown."""
        return self.before + self.match + self.after


class Advice(Frozen):
    """What follows, each kind with what it rests on.

    ``run`` is the one that saw it; empty: nothing was seen here yet, and ``again`` is the command
    that would look.  ``choices`` are the workarounds that the case has and nobody tried.
    """

    kind: AdviceKind
    version: str | None = None
    workaround: str | None = None
    choices: tuple[str, ...] = ()
    run: str = ""
    again: str = ""
    action: str = ""
    differs: tuple[FidelityPoint, ...] = ()
    questions: tuple[Question, ...] = ()


class Trouble(Frozen):
    """What was wrong with the environment, as it was recorded."""

    stage: str
    what: str
    cause: str = ""
    action: str = ""


class Account(Worded):
    """The answer, in the order in which it is told.

    ``product`` is a Package URL.  ``customer_version`` is the one that the case names.  ``again``
    is the one command that runs it again, where its record is; ``from_case`` does so elsewhere.
    """

    verdict: VerdictName | Literal["unfinished"]
    reason: str
    cell: Cell
    title: str
    run: str = ""
    product: str | None = None
    customer_version: str | None = None
    version_seen: str | None = None
    trouble: Trouble | None = None
    fidelity: tuple[FidelityPoint, ...] = ()
    quotes: tuple[Quote, ...] = ()
    advice: tuple[Advice, ...] = ()
    again: str = ""
    from_case: str = ""


class Subject(Frozen):
    """What a report is about, redacted already.

    A run, or a campaign with the run of it that shows the answer best.  ``case`` is None where
    the recorded case cannot be read any more.  ``other`` is a run to compare the lock with.
    ``redacted`` counts what was replaced, by kind.
    """

    model_config = ConfigDict(defer_build=True)

    run: RunRecord | None = None
    campaign: CampaignRecord | None = None
    case: Case | None = None
    related: Related = Related.model_construct()
    other: RunRecord | None = None
    redacted: dict[str, int] = {}

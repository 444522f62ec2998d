"""A campaign: many cells, each run as often as its question needs.  It can be gone on with."""

from typing import Any, Literal, Self

from pydantic import ConfigDict

from repro.model.base import Frozen
from repro.model.case import Repeat
from repro.model.observation import Rate, VerdictName
from repro.model.phrase import Worded
from repro.model.plan import Cell, Plan
from repro.model.record import RunSummary

#: Version of a campaign folder's layout; a reader refuses a newer one.
CAMPAIGN_SCHEMA = 2

#: Options that say how an answer is come by, and who is told; without them, the question is left.
MANNER = frozenset({"budget", "audience"})

CampaignKind = Literal["run", "matrix", "bisect", "verify", "recheck"]


class Job(Frozen):
    """One run of one cell, with all that carrying it out takes, on whatever machine.

    ``key`` is the cell and the number of the attempt: unlike any other of its campaign.
    """

    model_config = ConfigDict(defer_build=True, ser_json_bytes="base64", val_json_bytes="base64")

    key: str
    campaign: str
    plan: Plan
    case_text: bytes
    sources: dict[str, bytes] = {}
    overrides: dict[str, str] = {}


class Outcome(Worded):
    """What one run of a cell showed: a line of the campaign's ``cells.jsonl``.

    ``run`` is empty where it did not come to a run (the cell cannot be planned); ``stage`` and
    ``trouble`` say where and by which class of error the environment failed.  ``counted`` is
    false for a run that another one replaced.
    """

    key: str
    cell: Cell
    run: str
    verdict: VerdictName
    reason: str
    started: str = ""
    seconds: float = 0.0
    stage: str = ""
    trouble: str = ""
    action: str = ""
    version_seen: str | None = None
    counted: bool = True

    @classmethod
    def of(cls, key: str, summary: RunSummary) -> Self:
        """What a campaign keeps of a run."""
        return cls.made(
            key=key,
            cell=summary.cell,
            run=summary.run,
            verdict=summary.verdict.verdict,
            reason=summary.verdict.said("reason"),
            started=summary.started,
            seconds=summary.seconds,
            stage=summary.stage,
            trouble=summary.trouble,
            action=summary.action,
            version_seen=summary.version_seen,
        )


class CellAnswer(Worded):
    """What all runs of one cell show together.  ``clean_runs`` is how many clean runs in a row
    it takes to claim the issue fixed, at the rate seen and 95 %.  ``finished``: no more are
    wanted.  ``replaced`` counts the runs that the environment failed and that others made up for.
    """

    cell: Cell
    verdict: VerdictName
    reason: str
    runs: tuple[str, ...] = ()
    rate: Rate | None = None
    replaced: int = 0
    clean_runs: int | None = None
    seconds: float = 0.0
    finished: bool = True


class CellsAnswer(Frozen):
    """The answer of a grid of cells, in the order that they were asked for."""

    cells: tuple[CellAnswer, ...]


class VerifiedWorkaround(Worded):
    """Whether one workaround helps: shown only beside its control, the case without it.

    ``changed`` is what it changed, from the locks and the files, a line each.
    """

    workaround: str
    helps: bool | None
    why: str
    control: CellAnswer
    with_it: CellAnswer
    changed: tuple[str, ...] = ()


class VerifyAnswer(Frozen):
    """The answer of ``repro verify``."""

    workarounds: tuple[VerifiedWorkaround, ...]


class Audience(Frozen):
    """Who is to be told of an answer: the case's tickets (``attach``), or those that are named.

    ``notify``: people at addresses that the command line named.  Those often hold a password, so
    they are not kept.
    """

    attach: bool = False
    tickets: tuple[str, ...] = ()
    public: bool = False
    notify: bool = False


class Origin(Frozen):
    """The archive that a campaign runs again.  Its profiles and playbooks are kept with the
    campaign; ``trust``: they may act on this machine.  ``images`` are the keys of the images that
    it brought, by node.
    """

    trust: bool = False
    images: dict[str, str] = {}


class CampaignOptions(Frozen):
    """What a campaign was asked for, as its header keeps it.

    ``files`` are where its cases were read from, ``workspace`` is the folder whose profiles came
    first.  ``budget`` is in seconds: nothing more is started
    after so long.  ``origin`` None: it is of case files.
    """

    cells: tuple[Cell, ...] = ()
    repeat: dict[str, Repeat] = {}
    versions: tuple[str, ...] = ()
    good: str | None = None
    bad: str | None = None
    confidence: float = 0.99
    probes: int = 1
    vars: dict[str, Any] = {}
    jobs: int | None = None
    engine: str = "local"
    keep: str = "never"
    fresh: bool = False
    catalogue: tuple[str, ...] = ()
    oses: tuple[str, ...] = ()
    files: dict[str, str] = {}
    workspace: str | None = None
    budget: float | None = None
    audience: Audience = Audience.model_construct()
    origin: Origin | None = None

    def kept(self) -> dict[str, Any]:
        """As the header keeps it."""
        return self.model_dump(mode="json", exclude_defaults=True)


class CampaignHeader(Frozen):
    """Written first.  ``options`` is how it was asked for, as going on with it needs it;
    ``cases`` names the digest of each case, by its id.
    """

    schema_: int = CAMPAIGN_SCHEMA
    campaign: str
    kind: CampaignKind
    title: str
    tool: str
    started: str
    cases: dict[str, str] = {}
    options: dict[str, Any] = {}


class CampaignSummary(Frozen):
    """Written last.  ``answer`` is that of the campaign's kind; ``seconds`` is the wall time of
    the command that finished it.
    """

    campaign: str
    kind: CampaignKind
    title: str
    started: str
    seconds: float
    exit_status: int
    headline: str
    answer: dict[str, Any]


class CampaignRecord(Frozen):
    """A campaign folder, read.  ``goes_on``: a process still works on it."""

    model_config = ConfigDict(defer_build=True)

    folder: str
    header: CampaignHeader
    outcomes: tuple[Outcome, ...] = ()
    summary: CampaignSummary | None = None
    goes_on: bool = False
    notes: tuple[str, ...] = ()

"""Every error repro raises on purpose.

An error says what happened, the likely cause and what to do next, and carries the exit status
that the command line ends with.  The statuses of ``repro run`` are part of the case format:
2 is "the case, a profile or the command line is wrong", 5 is "the environment failed".
Only the command line exits; everything else raises.
"""

from __future__ import annotations

from typing import ClassVar


class ReproError(Exception):
    """Root of the tree.  Anything else that escapes is a defect of repro."""

    exit_status: ClassVar[int] = 70
    default_cause: ClassVar[str] = ""
    default_action: ClassVar[str] = ""

    def __init__(self, what: str, *, cause: str = "", action: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.cause = cause or self.default_cause
        self.action = action or self.default_action

    def __str__(self) -> str:
        parts = [self.what]
        if self.cause:
            parts.append(f"cause: {self.cause}")
        if self.action:
            parts.append(f"next: {self.action}")
        return "\n".join(parts)


# -- what the user wrote -------------------------------------------------------------------


class InputError(ReproError):
    """What was asked for cannot be understood; nothing was started."""

    exit_status = 2


class CaseError(InputError):
    """A case file has errors.  ``problems`` holds all of them, each one located."""

    default_action = "correct the places named above; `repro schema` prints what is allowed"

    def __init__(self, what: str, problems: tuple[object, ...] = (), **rest: str) -> None:
        super().__init__(what, **rest)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join([*(str(problem) for problem in self.problems), super().__str__()])


class ProfileError(InputError):
    """An OS, product or topology profile is missing or wrong."""

    default_action = "`repro profiles` lists what there is"


class PlanError(InputError):
    """Case and profiles do not fit together."""


class VersionError(InputError):
    """A version that was never released, or that cannot be read as one."""


class SettingsError(InputError):
    """The settings file or a REPRO_ variable is wrong."""

    default_action = "correct it; `repro doctor` shows which settings are in force"


class NotFoundError(InputError):
    """A run, environment or node that was named does not exist."""


class UnsupportedError(InputError):
    """The case asks for a power that the chosen backend does not have here."""

    default_action = "choose another backend with `backend:`, or leave that step out"


# -- the environment -----------------------------------------------------------------------


class EnvironmentTrouble(ReproError):
    """The environment is at fault.  Never a verdict on the issue."""

    exit_status = 5
    default_action = "`repro doctor` says what is wrong here; then run the case again"


class EngineError(EnvironmentTrouble):
    """The container engine cannot be reached, or refused a request."""

    default_cause = "the engine is not running, or this user may not use it"


class ImageError(EnvironmentTrouble):
    """No image of the OS could be found, pulled or built."""


class ImageGoneError(ImageError):
    """An image was removed between being found and being used; it can be made again."""


class PrepareError(EnvironmentTrouble):
    """The product or a companion could not be installed."""

    default_action = "read the package manager's words above; correct the version or the mirror"


class SetupError(EnvironmentTrouble):
    """A setup step did not do as expected: the reported starting point was not reached."""

    default_action = "correct `setup`; `repro run --keep on-failure` lets you look around"


class NodeLostError(EnvironmentTrouble):
    """A node went away and no fault step asked for it."""

    default_cause = "it was stopped from outside, its engine was restarted, or it died"


class DiskFullError(EnvironmentTrouble):
    """There is no room left for the environment or for its record."""

    default_cause = "the disk is full"
    default_action = "free some room (`repro cache prune`, `repro gc`), then try again"


# -- what is kept --------------------------------------------------------------------------


class RecordError(ReproError):
    """A run folder cannot be written, read or verified."""

    exit_status = 6
    default_action = "`repro show RUN --verify` names the files that are damaged"


class HistoryError(ReproError):
    """The history cannot be opened or brought to this version."""

    exit_status = 6
    default_action = "check `history` in the settings; the run folders themselves are complete"


class ServiceError(ReproError):
    """A registry did not answer, or answered what cannot be understood."""

    exit_status = 7
    default_action = "check network, proxy and CA with `repro doctor`; then try again"


# -- what leaves ---------------------------------------------------------------------------


class ArchiveError(InputError):
    """An archive that cannot be read, or that holds what no archive of repro's holds."""

    default_action = "ask for it again: `repro export RUN` makes one"


class BinaryFileError(ReproError):
    """A file that is no text would leave without being looked through for secrets."""

    exit_status = 8
    default_action = "look at it yourself, and add --binary to let it go as it is"


class TicketError(ReproError):
    """A ticket system refused, or cannot be understood.  Trying again would not help."""

    exit_status = 8
    default_action = "correct the ticket's key, or `tickets` in the settings"


class TicketAuthError(TicketError):
    """The token is missing, wrong, expired, or may not do this."""

    default_action = "give a token by the environment or the keyring: see docs/tickets.md"


class TicketGoneError(TicketError):
    """The ticket was deleted, or never was."""


class TicketBusyError(TicketError):
    """The system cannot be reached, fails, or asks to wait: a later try may succeed.

    ``after`` is in seconds, where the system said how long to wait.
    """

    default_action = "`repro attach --queued` tries again what could not be sent"

    def __init__(self, what: str, *, after: float | None = None, **rest: str) -> None:
        super().__init__(what, **rest)
        self.after = after


# -- the user ------------------------------------------------------------------------------


class InterruptedRunError(ReproError):
    """The user ended the run.  What was recorded is kept."""

    exit_status = 130

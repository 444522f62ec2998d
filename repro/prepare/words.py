"""What a package manager said when it failed, without what it said around it."""

from __future__ import annotations

import re

#: How each manager marks the lines in which it says what is wrong.
_MARKED = (
    re.compile(r"^E: (?P<said>.+)"),  # apt
    re.compile(r"^(?:ERROR|error): (?P<said>.+)"),  # pip, apk
    re.compile(r"^npm (?:ERR!|error) (?P<said>.+)"),
    re.compile(r"^(?:Error|No match for argument): (?P<said>.+)"),  # dnf
    re.compile(r"^(?P<said>(?:No provider of|Package) '.+' not found\.?)"),  # zypper
    re.compile(r"^dpkg: error (?P<said>.+)"),
    re.compile(r"^(?P<said>(The user requested|\S+ \S+ depends on) .+)"),  # pip, on a conflict
    re.compile(r"^(?P<said>\S+ \(no such package\):)"),  # apk names it on a line of its own
)
#: Marked lines that say nothing of the cause.
_EMPTY = re.compile(
    r"code \S+$|syscall|errno|process terminated|(404|notarget) *$|command failed|node_modules/"
    r"|A complete log of this run|.*_logs/|.*In most cases you|.*a package version that doesn't"
    r"|.*Note that you can also|.*tarball, folder|While resolving|For a full report|Fix the up"
    r"|this command with|to accept an incorrect|If you are behind|'proxy' config| *at "
    r"|ResolutionImpossible|\}|  \w+: |Sub-process \S+ returned an error code"
)
#: pip lists all versions that it saw, oldest first.
_VERSIONS = re.compile(r"\(from versions: (?P<versions>[^)]*)\)")
_NEWEST = 5
#: Words in which any program says that the disk is full.
_DISK_FULL = re.compile(r"No space left on device|ENOSPC|Disk quota exceeded", re.IGNORECASE)
_LINE_LIMIT = 600
_LINES = 5


def complaint(output: str) -> str:
    """The lines of a failed command's output in which the package manager says what is wrong.

    Where no line is marked as such, the last ones that are not empty.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = [found for line in lines if (found := _said(line))]
    chosen = list(dict.fromkeys(said))[:_LINES] or lines[-_LINES:]
    return "\n".join(_shortened(line) for line in chosen)


def disk_full(output: str) -> bool:
    """Whether a program says there that its disk is full."""
    return _DISK_FULL.search(output) is not None


def _said(line: str) -> str:
    for pattern in _MARKED:
        if (found := pattern.match(line)) and not _EMPTY.match(found["said"]):
            said = re.sub(r"^(notarget|404|ERESOLVE) +", "", found["said"])
            return _VERSIONS.sub(_newest, said).strip()
    return ""


def _newest(found: re.Match[str]) -> str:
    versions = found["versions"].split(", ")
    left_out = "…, " if len(versions) > _NEWEST else ""
    return f"(from versions: {left_out}{', '.join(versions[-_NEWEST:])})"


def _shortened(line: str) -> str:
    half = _LINE_LIMIT // 2
    return line if len(line) <= _LINE_LIMIT else f"{line[:half]} … {line[-half:]}"

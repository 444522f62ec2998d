"""What a ticket says was done: commands after prompts and in blocks, and programs in full."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from repro.intake.prompts import prompted, typed_at_database, typed_at_python
from repro.intake.reading import Passage

#: Steps and files of one draft; characters of a step or a file.
MOST, LONGEST = 20, 8_000

_SHELL = frozenset({"sh", "bash", "shell", "console", "shell-session", "shellsession", "zsh"})
#: A program's language, by the name that blocks have: its file, and what runs it.
_PROGRAMS = {
    **dict.fromkeys(("python", "py", "python3", "pycon"), ("example.py", "python")),
    **dict.fromkeys(("javascript", "js", "node"), ("example.js", "node")),
}
_LOOKS_LIKE = {
    "python": r"^(?:import \w[\w.]*|from \w[\w.]* import |def \w+\(|>>> )",
    "js": r"\brequire\(['\"]|^(?:const|let|var) \w+ ?=|^import .{1,80} from ['\"]",
}
_COMMAND = re.compile(
    r"(?:sudo )?(?:python3?|pip3?|node|npm|npx|yarn|apt(?:-get)?|dnf|yum|apk|zypper|curl|wget|"
    r"docker|systemctl|service|psql|mysql|redis-cli|redis-server|nginx|gunicorn|uvicorn|celery|"
    r"pytest|tox|make|git|bash|sh|echo|cat|ls|cd|export|mkdir|touch|java|go|cargo|ruby|black|\./\w)"
    r"(?: \S.*)?"
)
_FILE_NAME = re.compile(
    r"(?<![\w/.-])([\w-]{1,60}(?:\.[\w-]{1,30})?\."
    r"(?:py|js|mjs|ts|sh|conf|cfg|ini|ya?ml|json|toml|sql|txt|xml|html|csv))(?![\w/-])"
)
#: What prepares an environment or asks about one; the draft says both in other ways.
_NO_STEP = re.compile(
    r"(?:sudo )?(?:"
    r"(?:pip3?|python3? -m pip|uv pip|uv) (?:install|freeze|list|show|sync|add|-V|--version)"
    r"|(?:npm|yarn|pnpm) (?:i|install|add|ci|ls|list|init)\b"
    r"|(?:apt(?:-get)?|dnf|yum|apk|zypper|brew) |gem install"
    r"|(?:python3? -m venv|virtualenv|conda|pyenv) |(?:source|\.) \S*activate"
    r"|cat /etc/\S*release|lsb_release|uname\b|hostnamectl|dpkg(?:-query)? -|rpm -q"
    r"|\S+ (?:--version|-V|version)$|git clone|docker (?:pull|build)|exit$|clear$)"
)
_INLINE = re.compile(r"`([^`\n]{4,300})`")
_DO = re.compile(
    r"^\s*\d+[.)]|\b(?:run|runs|ran|execut|typ|call|start|invok)|実行|起動", re.IGNORECASE
)
_ASKS_EXIT = re.compile(r"echo \"?(?:\$\?|\$\{\?\})\"?")
_STATEFUL = re.compile(
    r"^(?:cd|export|set|source|\.|[A-Z_]+=\S*$|for|while|if|case)\b|<<|\\$", re.MULTILINE
)


@dataclass(frozen=True)
class Action:
    """A step of the draft, and why it should be looked at."""

    name: str
    run: str
    where: str
    doubt: str = ""


@dataclass(frozen=True)
class Program:
    """A file of the draft."""

    name: str
    content: str
    where: str


@dataclass(frozen=True)
class Done:
    """What was done.  ``outputs`` are lines that were printed, each with the index of its step
    (-1: not known); ``exits`` are the exit statuses that the ticket shows, by step.
    """

    actions: tuple[Action, ...] = ()
    programs: tuple[Program, ...] = ()
    outputs: tuple[tuple[int, str, str], ...] = ()
    exits: dict[int, int] = field(default_factory=dict)


def find_steps(passages: tuple[Passage, ...]) -> Done:
    """The steps, in the order in which the ticket has them."""
    gathered = _Gathered()
    for passage in passages:
        if passage.kind == "code":
            gathered.take(passage)
    for passage in () if gathered.commands or gathered.programs else passages:
        if passage.kind == "prose":
            gathered.take_inline(passage)
    return gathered.done()


class _Gathered:
    def __init__(self) -> None:
        self.commands: list[tuple[str, str]] = []
        self.programs: dict[str, Program] = {}
        self.outputs: list[tuple[int, str, str]] = []
        self.run_by: dict[str, str] = {}
        self.exits: dict[int, int] = {}

    def take(self, passage: Passage) -> None:
        """Tell what a block is, and take it."""
        text = "\n".join(passage.lines)
        language = passage.language
        if any(prompted(line) for line in passage.lines):
            self._session(passage)
        elif (session := typed_at_database(passage.lines))[0]:
            runner, typed, printed = session
            self._typed(self._free("example.sql"), runner, typed, passage.where)
            self.outputs += [(-1, line, passage.where) for line in printed]
        elif language in _SHELL or (not language and _all_commands(passage.lines)):
            self._commands(passage)
        elif program := _program(language, text):
            self._program(passage, *_PROGRAMS[program])
        elif named := _FILE_NAME.findall(passage.before):
            self._add_file(named[-1], text, passage.where)
        else:
            self.outputs += [(-1, line, passage.where) for line in passage.lines]

    def take_inline(self, passage: Passage) -> None:
        """Commands within sentences, as "run `make test`"."""
        for line in passage.lines:
            for command in _INLINE.findall(line) if _DO.search(line) else ():
                if _COMMAND.fullmatch(command):
                    self._add_command(command, passage.where)

    def done(self) -> Done:
        """All of it; a program that no command runs gets a step of its own."""
        text = "\n".join(run for run, _ in self.commands)
        extra = [
            (f"{runner} {name}", self.programs[name].where)
            for name, runner in self.run_by.items()
            if name not in text
        ]
        commands = [*self.commands, *extra][:MOST]
        actions: dict[str, Action] = {}
        for run, where in commands:
            name = _step_name(run, actions)
            actions[name] = Action(name, run, where, _doubt(run, where))
        programs = tuple(self.programs.values())[:MOST]
        last = len(commands) - 1
        outputs = [(min(step, last), line, where) for step, line, where in self.outputs]
        return Done(tuple(actions.values()), programs, tuple(outputs), self.exits)

    def _session(self, passage: Passage) -> None:
        """Commands after prompts; what stands between them was printed."""
        lines, current = iter(passage.lines), -1
        for line in lines:
            command = prompted(line)
            if command is None:
                self.outputs.append((current, line, passage.where))
                continue
            while command.endswith("\\"):
                command += "\n" + next(lines, "").removeprefix("> ").strip()
            if _ASKS_EXIT.fullmatch(command):
                self._take_exit(next(lines, ""))
            else:
                current = self._add_command(command, passage.where)

    def _take_exit(self, line: str) -> None:
        if re.fullmatch(r"\s*[0-9]{1,3}\s*", line, re.ASCII) and int(line) <= 255:
            self.exits[len(self.commands) - 1] = int(line)

    def _commands(self, passage: Passage) -> None:
        kept = [
            line for line in passage.lines if line.strip() and not line.lstrip().startswith("#")
        ]
        if _STATEFUL.search("\n".join(kept)):
            steps = [line for line in kept if not _NO_STEP.match(line.strip())]
            self._add_command("\n".join(steps), passage.where)
            return
        for line in kept:
            self._add_command(line.strip(), passage.where)

    def _program(self, passage: Passage, name: str, runner: str) -> None:
        typed, printed = typed_at_python(passage.lines)
        suffix = name.rpartition(".")[2]
        first = typed[0] if typed and typed[0].startswith(("#", "//")) else ""
        named = [each for each in _FILE_NAME.findall(f"{passage.before}\n{first}")
                 if each.endswith(f".{suffix}")]  # fmt: skip
        self._typed(named[-1] if named else self._free(name), runner, typed, passage.where)
        self.outputs += [(-1, line, passage.where) for line in printed]

    def _typed(self, name: str, runner: str, typed: list[str], where: str) -> None:
        self._add_file(name, "\n".join(typed), where)
        self.run_by.setdefault(name, runner)

    def _free(self, name: str) -> str:
        stem, _, suffix = name.rpartition(".")
        numbers = range(2, len(self.programs) + 2)
        names = [name, *(f"{stem}{number}.{suffix}" for number in numbers)]
        return next(each for each in names if each not in self.programs)

    def _add_file(self, name: str, text: str, where: str) -> None:
        self.programs.setdefault(name, Program(name, text[:LONGEST].rstrip() + "\n", where))

    def _add_command(self, command: str, where: str) -> int:
        """The index of its step; -1: it is none."""
        command = command.strip().removeprefix("sudo ")
        if not command or _NO_STEP.match(command):
            return -1
        self.commands.append((command[:LONGEST], where))
        return len(self.commands) - 1


def _all_commands(lines: tuple[str, ...]) -> bool:
    kept = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return bool(kept) and all(_COMMAND.fullmatch(line) for line in kept)


def _program(language: str, text: str) -> str:
    """The language of a program; empty: it is none that can be run."""
    if language:
        return language if language in _PROGRAMS else ""
    found = (name for name, sign in _LOOKS_LIKE.items() if re.search(sign, text, re.MULTILINE))
    return next(found, "")


def _step_name(run: str, taken: Collection[str]) -> str:
    words = [word for word in run.split() if "=" not in word]
    first = re.sub(r"[^a-z0-9-]", "", words[0].rpartition("/")[2].lower()) if words else ""
    name = first.strip("-")[:30] or "step"
    free = (f"{name}-{number}" for number in range(2, MOST + 2))
    return next(each for each in (name, *free) if each not in taken)


def _doubt(run: str, where: str) -> str:
    if re.match(r"psql -f|mysql <", run):
        return "say how the database is started and reached"
    if re.search(r"https?://(?!localhost|127\.)", run):
        return "it reaches out, and the nodes of a case are isolated"
    if re.match(r"(?:docker|podman|systemctl|service|kubectl)\b", run):
        return "there is no such service on a node: say what it would start"
    return "it was said in a comment: does it belong here?" if where.startswith("comment") else ""

"""``repro up``, ``ls``, ``shell``, ``exec``, ``down``, ``gc``: environments by hand."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.groups import Changes, grouped
from repro.cli.options import AsJson, Fresh

if TYPE_CHECKING:
    from repro.ports import Environment, EnvironmentInfo, Node, Provider

Which = Annotated[
    str | None,
    typer.Option("--environment", "-e", help="Which one; left out: the newest."),
]
NodeName = Annotated[str, typer.Argument(help="A node's name.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog="Examples:\n\n  repro up cases/redis-py-cancel-off-by-one.yml\n\n"
        "  repro up --os debian-13 --product pkg:pypi/django --version 4.2"
    )(grouped(up))
    app.command("ls", epilog="Example:\n\n  repro ls")(list_environments)
    app.command(epilog="Example:\n\n  repro shell node")(shell)
    app.command(
        "exec",
        epilog="Example:\n\n  repro exec node -- python --version",
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    )(execute)
    app.command(epilog="Examples:\n\n  repro down\n\n  repro down --all")(down)
    app.command(epilog="Example:\n\n  repro gc")(gc)


def up(
    case: Annotated[Path | None, typer.Argument(help="A case file, if there is one.")] = None,
    *,
    product: Annotated[
        str | None, typer.Option("--product", help="A Package URL, or a product profile.")
    ] = None,
    changes: Changes,
    setup: Annotated[bool, typer.Option(help="Carry out the case's setup.")] = True,
    fresh: Fresh = False,
    lease: Annotated[
        str | None, typer.Option("--lease", help="How long it stays up: 30min, 8h.")
    ] = None,
) -> None:
    """Bring up an environment to look around in, with or without a case."""
    import dataclasses

    from repro.byhand import NoRecord, bare_case
    from repro.casefile import load
    from repro.cli.progress import Progress
    from repro.cli.session import Session
    from repro.errors import InputError
    from repro.flow import bring_up
    from repro.model.base import parse_duration

    if case is not None and product is not None:
        raise InputError("a case names its own product", action="leave --product out")
    session = Session()
    if case is None:
        loaded = bare_case(changes.os, product, changes.version)
    else:
        loaded = load(case, session.catalog)
    plan = session.plan(loaded, changes.overrides())
    progress = Progress(as_json=False)
    tools = session.tools("always", progress.event, fresh=fresh)
    if lease is not None:
        tools = dataclasses.replace(tools, lease=parse_duration(lease))
    record = NoRecord()
    progress.begin(plan, record.run)
    with progress, closing(tools.preparer):
        environment = bring_up(plan, tools, record, setup=setup)
    print(environment.id)
    for name in environment.nodes:
        print(f"  repro shell {name} --environment {environment.id}")
    print(f"  repro down {environment.id}")


def list_environments(json: AsJson = False) -> None:
    """List the environments that are up."""
    from repro.cli.session import Session

    found = Session().provider.environments()
    if json:
        import dataclasses
        import json as encoder

        print(encoder.dumps([dataclasses.asdict(each) for each in found], default=dict))
        return
    for each in found:
        nodes = ", ".join(f"{name} {state}" for name, state in each.nodes.items())
        print(f"{each.id}  {each.purpose}  {_until(each)}  {nodes}")
    if not found:
        print("no environment is up")


def shell(node: NodeName, environment: Which = None) -> int:
    """Open a shell on a node.  Exit status: the shell's."""
    from repro.cli.terminal import interact
    from repro.errors import InputError
    from repro.ports import Command, Console

    found = _node(node, environment)
    if not isinstance(found, Console):
        raise InputError(f"node {node} offers no terminal", action="use `repro exec`")
    argv = ("/bin/sh", "-c", "command -v bash >/dev/null && exec bash || exec sh")
    return interact(found, Command(argv, cwd="/case", timeout=None))


def execute(
    node: NodeName,
    command: Annotated[list[str], typer.Argument(help="The command, after --.")],
    environment: Which = None,
) -> int:
    """Run a command on a node.  Exit status: the command's."""
    from repro.ports import Command

    def copy(stream: str, data: bytes) -> None:
        target = sys.stdout if stream == "stdout" else sys.stderr
        target.buffer.write(data)
        target.flush()

    stdin = None if sys.stdin.isatty() else sys.stdin.buffer.read()
    argv = tuple(command[1:] if command[0] == "--" else command)
    asked = Command(argv, cwd="/case", stdin=stdin, timeout=None, keep=0)
    result = _node(node, environment).run(asked, copy)
    return 255 if result.exit is None else result.exit


def down(
    environments: Annotated[
        list[str] | None, typer.Argument(help="Which ones; left out: the one that is up.")
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="All that nobody is using.")] = False,
) -> None:
    """Remove environments."""
    from repro.cli.session import Session

    provider = Session().provider
    if all:
        chosen = [each.id for each in provider.environments() if not each.in_use]
    else:
        named = environments or []
        chosen = [_one(provider, name).id for name in named] or [_one(provider, None).id]
    for each in chosen:
        provider.release(each)
        print(f"removed {each}")
    if not chosen:
        print("no environment is up")


def gc(
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    environment: Annotated[
        str | None, typer.Option("--environment", help="Remove this one first.", hidden=True)
    ] = None,
) -> None:
    """Remove what nobody uses any more: after a kill, a reboot, a dead engine.

    What belongs to others, and what is in use or kept, stays.  The history is told of runs that
    it does not know yet.
    """
    from repro.cli.session import Session
    from repro.record import arrival
    from repro.record.history import catch_up

    session = Session()
    arrival.clean(session.settings.runs)
    try:
        if environment is not None:
            session.provider.release(environment)
        removed = session.provider.sweep(lambda _text: None)
    finally:
        # Last, so that a history in trouble leaves no environment up.
        catch_up(session.settings)
    if not quiet:
        for line in removed:
            print(f"removed {line}")
        print(f"{len(removed)} removed")


def _node(name: str, environment: str | None) -> Node:
    from repro.cli.session import Session
    from repro.errors import NotFoundError

    provider = Session().provider
    attached: Environment = provider.attach(_one(provider, environment, newest=True).id)
    if name not in attached.nodes:
        raise NotFoundError(
            f"{attached.id} has no node {name!r}", action=f"one of: {', '.join(attached.nodes)}"
        )
    return attached.nodes[name]


def _one(provider: Provider, name: str | None, *, newest: bool = False) -> EnvironmentInfo:
    """The environment of this name; without a name the only one, or the newest.

    Raises NotFoundError.
    """
    from repro.errors import NotFoundError

    found = [each for each in provider.environments() if each.purpose != "prepare"]
    if name is None and newest and found:
        return max(found, key=lambda each: each.created)
    fitting = [each for each in found if name is None or each.id.startswith(name)]
    exact = [each for each in found if each.id == name]
    if len(exact or fitting) == 1:
        return (exact or fitting)[0]
    listed = ", ".join(each.id for each in fitting or found)
    raise NotFoundError(
        f"{'no environment' if not fitting else 'more than one environment'} "
        f"{'is up' if name is None else f'is called {name!r}'}",
        cause=f"up are: {listed}" if found else "none is up",
        action="name one with --environment" if found else "`repro up` brings one up",
    )


def _until(info: EnvironmentInfo) -> str:
    import time

    if info.in_use:
        return "in use"
    if info.expires is None or info.expires <= time.time():
        return "being removed, or left over: `repro gc` removes it"
    left = int(info.expires - time.time())
    return f"kept for {left // 3600} h {left % 3600 // 60:02d} min"

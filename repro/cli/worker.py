"""``repro worker``: let this machine run cells for others."""

from __future__ import annotations

import gc
import socket
import sys
from os import getpid
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.options import listed

if TYPE_CHECKING:
    from repro.cli.session import Session
    from repro.engine.offer import Abilities
    from repro.ports import Environment


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:\n\n  repro worker tcp://127.0.0.1:8786\n\n"
        "  repro worker tls://build-1.example:8786 --slots 4 --os debian-12,debian-13"
    )(worker)


def worker(
    scheduler: Annotated[str, typer.Argument(help="Its address: tcp://… or tls://…")],
    slots: Annotated[
        int | None,
        typer.Option("--slots", min=1, help="Cells at a time; left out: by cores and memory."),
    ] = None,
    os: Annotated[
        str | None,
        typer.Option("--os", metavar="NAME,…", help="OS profiles; left out: all it has images of."),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Its name in the cluster.")] = None,
    host: Annotated[
        str | None, typer.Option("--host", help="Listen at this address of the machine only.")
    ] = None,
) -> None:
    """Run cells for a Dask scheduler, on this machine's container engine.

    SIGTERM and ^C end it in order: what runs then is run elsewhere.  Whoever reaches a scheduler
    can run anything on its workers: see docs/cluster.md.
    """
    from repro.cli.session import Session
    from repro.engine import wire
    from repro.engine.offer import survey

    gc.enable()
    wire.split(scheduler)
    wire.need_distributed()
    session = Session()
    called = name or f"{socket.gethostname()}-{getpid()}"
    abilities = survey(session.provider, session.catalog, slots, listed(os))
    session.provider.sweep(lambda _line: None)
    _say(called, str(abilities))
    _warn(scheduler)
    _serve(session, scheduler, called, host or wire.own_host(scheduler), abilities)
    _say(called, "ended")


def _serve(session: Session, scheduler: str, name: str, host: str, abilities: Abilities) -> None:
    from repro.engine.tools import make_tools
    from repro.engine.worker import Place, serve

    def release(environment: Environment) -> None:
        environment.release()

    tools = make_tools(
        session.settings,
        session.catalog,
        session.provider,
        keep="never",
        listen=lambda _event: None,
        dispose=release,
    )
    place = Place(scheduler, name, host, abilities.slots, abilities.resources)
    serve(session.settings, tools, place, lambda text: _say(name, text))


def _say(name: str, text: str) -> None:
    from repro.report.text import printable

    print(printable(f"worker {name}: {text}"), flush=True)


def _warn(scheduler: str) -> None:
    from repro.engine import wire

    if scheduler.startswith("tcp:") and not wire.is_loopback(scheduler):
        print(
            f"repro: {scheduler} is neither encrypted nor private: whoever reaches it can run "
            "anything here; use tls:// across machines",
            file=sys.stderr,
        )

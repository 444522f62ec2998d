"""``repro export``, ``import``: a run, whole, for somebody else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.options import Binary, output_option
from repro.cli.records import Run

if TYPE_CHECKING:
    from repro.archive.contents import Archive
    from repro.cli.session import Session
    from repro.model.record import RunRecord
    from repro.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog="Examples:\n\n  repro export last\n\n  repro export last --images -o issue.tar.gz"
    )(export)
    app.command("import", epilog="Example:\n\n  repro import issue.tar.gz")(import_)


def export(
    run: Run,
    output: Annotated[Path | None, output_option("A file; left out: RUN.repro.tar.gz.")] = None,
    images: Annotated[
        bool, typer.Option("--images", help="With the nodes' prepared images: runs offline.")
    ] = False,
    binary: Binary = False,
) -> None:
    """Write a run, with all that it takes to run it elsewhere, into one archive.

    Everything in it is redacted; how much, and what was left out, is said.  `repro run ARCHIVE`
    runs it again.
    """
    from repro.archive.writing import Export, default_name, write
    from repro.cli.archived import image_store
    from repro.cli.session import Session
    from repro.record import find_run, read_run
    from repro.redact import Outgoing
    from repro.redact.recorded import secrets_of

    session = Session()
    _refuse_campaign(session.settings, run)
    record = read_run(find_run(session.settings, run))
    catalog, notes = _made_by(session, record)
    what = Export(
        run=Path(record.folder),
        catalog=catalog,
        notes=notes,
        store=image_store(session) if images else None,
        binary=binary,
    )
    target = output or Path(default_name(record.header.run))
    outgoing = Outgoing.of(session.settings, secrets_of(record.plan))
    archive = write(what, target, session.settings, outgoing)
    _tell(archive)
    print(target)


def import_(
    archive: Annotated[Path, typer.Argument(help="An archive that `repro export` wrote.")],
    images: Annotated[bool, typer.Option(help="Load its images into the engine.")] = True,
) -> None:
    """Put the run of an archive among one's own, whole or not at all."""
    from repro.archive.taking import take, unpacked
    from repro.cli.archived import image_store
    from repro.cli.session import Session

    session = Session()
    store = image_store(session) if images else None
    with unpacked(archive, session.settings, store) as found:
        for title in found.load_images(store) if store else ():
            _say(f"image: {title}")
        new = take(found, session.settings)
    run = found.archive.run
    print(f"{run}: {found.summary.verdict.verdict}" if new else f"{run} is here already, equal")
    print(f"  evidence: repro show {run}")


def _refuse_campaign(settings: Settings, text: str) -> None:
    """Raises InputError: an archive holds one run."""
    from repro.errors import InputError
    from repro.record.campaigns import campaign_named

    if (campaign := campaign_named(settings, text)) is not None:
        raise InputError(
            f"{campaign.name} is a campaign; an archive holds one run",
            action=f"name one of its runs: repro history --campaign {campaign.name}",
        )


def _playbooks(record: RunRecord) -> list[str]:
    """The playbooks that the nodes were prepared with."""
    from repro.prepare.recipe import playbook_names

    nodes = record.plan.nodes if record.plan else ()
    return sorted({name for node in nodes for name in playbook_names(node.preparation)})


def _made_by(session: Session, record: RunRecord) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Profiles and playbooks, and what of them is not as the run had it."""
    from repro.archive.case import recorded_case
    from repro.archive.catalog import used
    from repro.cli.archived import changed_since
    from repro.errors import ReproError

    folder = Path(record.folder)
    try:
        case = recorded_case(folder)
    except ReproError:
        return {}, ("there are no profiles and playbooks in it: its case cannot be read",)
    catalog = used(record, case, session.catalog, _playbooks(record))
    try:
        changed = changed_since(session, record)
    except ReproError:
        return catalog, ("not all profiles that the run was planned by are here any more",)
    if not changed:
        return catalog, ()
    nodes = ", ".join(changed)
    return catalog, (
        f"profiles or playbooks were changed since the run: they would prepare {nodes} otherwise",
    )


def _tell(archive: Archive) -> None:
    """What was redacted, left out and not looked at."""
    for kind, number in sorted(archive.redacted.items()):
        _say(f"redacted: {number} of the kind {kind}")
    for name, why in archive.left_out.items():
        _say(f"left out: {name}: {why}")
    for note in archive.notes:
        _say(f"note: {note}")
    if archive.images:
        _say("the images are as they are: nobody looked through them for secrets")


def _say(text: str) -> None:
    from repro.report.text import printable

    print(f"repro: {printable(text)}", file=sys.stderr)

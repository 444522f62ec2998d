"""``repro show``, ``judge``, ``history``, ``diff``: what was kept of earlier runs."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import typer

from repro.cli.options import AsJson

Run = Annotated[
    str, typer.Argument(help="A run: its id, the beginning of it, `last`, or a folder.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog="Examples:\n\n  repro show last\n\n  repro show last --verify\n\n"
        "  repro show 20261122-021234-matrix"
    )(show)
    app.command(epilog="Example:\n\n  repro judge last --case cases/corrected.yml")(judge)
    app.command(epilog="Example:\n\n  repro history --case redis-py-cancel-off-by-one")(history)
    app.command(epilog="Example:\n\n  repro diff 20261121-2241 last")(diff)


def show(
    run: Run,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every file against the manifest.")
    ] = False,
    json: AsJson = False,
) -> int:
    """Show a run: the verdict, why, what each step left behind, the environment's lock.

    Or a campaign: its answer, and every run of it.

    With --verify: exit status 6 when a file is missing, changed, or was added.
    """
    from repro.cli.output import show as print_lines
    from repro.cli.session import Session
    from repro.errors import InputError
    from repro.record import find_run, read_run
    from repro.record.campaigns import campaign_named
    from repro.report.show import show_run

    settings = Session().settings
    if (campaign := campaign_named(settings, run)) is not None:
        if verify:
            raise InputError(
                f"{campaign.name} is a campaign; its runs have manifests of their own",
                action="verify one of its runs",
            )
        _show_campaign(campaign, as_json=json)
        return 0
    folder = find_run(settings, run)
    if verify:
        return _verify(folder, as_json=json)
    record = read_run(folder)
    if json:
        print(record.model_dump_json(indent=2))
    else:
        print_lines(show_run(record))
    return 0


def _verify(folder: Path, *, as_json: bool) -> int:
    """Say which files of a run are not as they were recorded; the exit status."""
    import json

    from repro.record import verify

    problems = verify(folder)
    if as_json:
        print(json.dumps({"run": folder.name, "problems": problems}, indent=2))
    else:
        print("\n".join(problems or [f"{folder.name}: every file is as it was recorded"]))
    return 6 if problems else 0


def _show_campaign(folder: Path, *, as_json: bool) -> None:
    from repro.cli.output import show as print_lines
    from repro.record.campaigns import read_campaign
    from repro.report.campaign_answer import show_campaign

    record = read_campaign(folder)
    if as_json:
        print(record.model_dump_json(indent=2))
    else:
        print_lines(show_campaign(record))


def judge(
    run: Run,
    case: Annotated[
        Path | None,
        typer.Option("--case", help="A corrected case file; left out: the one recorded."),
    ] = None,
    json: AsJson = False,
) -> int:
    """Decide a recorded run again, offline, perhaps by a corrected symptom.

    Exit status as that of `repro run`.
    """
    from repro import rejudge
    from repro.cli.session import Session
    from repro.record.read import find_run

    settings = Session().settings
    verdict = rejudge.judge_again(find_run(settings, run), settings, case)
    if json:
        print(verdict.model_dump_json(indent=2))
        return verdict.exit_status
    from repro.report.text import printable

    print(f"{verdict.verdict}: {printable(verdict.reason)}")
    for name, findings in (("symptom", verdict.symptom), ("healthy", verdict.healthy)):
        for finding in findings:
            held = {True: "holds", False: "does not hold", None: "cannot be told"}[finding.holds]
            print(f"  {name} {held}: {printable(finding.condition)}: {printable(finding.why)}")
    return verdict.exit_status


def history(
    case: Annotated[str | None, typer.Option("--case", help="Only this case.")] = None,
    verdict: Annotated[str | None, typer.Option("--verdict", help="Only this verdict.")] = None,
    os: Annotated[str | None, typer.Option("--os", help="Only this OS.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="Only this version.")] = None,
    campaign: Annotated[str | None, typer.Option("--campaign", help="Only this campaign.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="From this day on: 2026-11-21.")] = (
        None
    ),
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many at most.")] = 30,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Read all run folders again first.")
    ] = False,
    json: AsJson = False,
) -> None:
    """List earlier runs, the newest first."""
    from repro.cli.output import show as print_lines
    from repro.cli.session import Session
    from repro.record import history as room
    from repro.report.history import show_history

    settings = Session().settings
    if rebuild:
        count, problems = room.rebuild(settings)
        told = f"{count} runs read; {len(problems)} folders could not be read"
        print(told, file=sys.stderr if json else None)
    with room.History(settings.history_url) as kept:
        room.catch_up(settings, kept)
        runs = kept.runs(
            case=case,
            verdict=verdict,
            os=os,
            version=version,
            campaign=campaign,
            since=_day(since),
            limit=limit,
        )
    if json:
        for each in runs:
            print(each.model_dump_json())
    else:
        print_lines(show_history(runs))


def diff(
    first: Run,
    second: Run,
    json: AsJson = False,
) -> int:
    """Show in what two runs differ: verdicts, observations, packages and settings.

    Exit status 0 when they do not differ, 1 when they do.
    """
    from repro.cli.output import show as print_lines
    from repro.cli.session import Session
    from repro.record.read import find_run, read_run
    from repro.report.diff import diff_lines, diff_runs

    settings = Session().settings
    difference = diff_runs(
        read_run(find_run(settings, first)), read_run(find_run(settings, second))
    )
    if json:
        print(difference.model_dump_json(indent=2))
    else:
        print_lines(diff_lines(difference))
    return 0 if difference.same else 1


def _day(text: str | None) -> dt.datetime | None:
    from repro.errors import InputError

    try:
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC) if text else None
    except ValueError:
        raise InputError(f"--since {text!r} should be a day like 2026-11-21") from None

"""Whatever way a run goes out, nothing that was planted in its outputs goes with it."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from repro.archive.writing import Export, write
from repro.catalog import Catalog
from repro.deliver import Result, Wish
from repro.model.observation import StepObservation
from repro.model.ticket import TicketKey
from repro.publish import subject_of
from repro.redact import Outgoing
from repro.report.formats import FORMATS, render
from repro.settings import Settings, TicketSettings
from repro.site.build import build
from tests.unit.kept import keep
from tests.unit.redact.planted import ENCODINGS, KINDS
from tests.unit.redact.test_planted import SEEDS, made, readings, unescaped
from tests.unit.report.subjects import SICK, case, run, step

#: Each run takes some of the seeds: over 10,000 secrets in all.
RUNS = 3
KEY = TicketKey(system="desk", key="T-1")


def planted(number: int) -> tuple[set[str], list[StepObservation]]:
    """Steps whose outputs hold a secret of every kind in every encoding."""
    secrets, steps = set(), []
    for kind in KINDS:
        for seed in range(number, SEEDS, RUNS):
            parts = []
            for name, encode in ENCODINGS.items():
                secret, text = made(kind, f"{name} {seed}")
                secrets.add(secret)
                parts.append(f"begin\n{encode(text, secret)}\nend of it\n")
            half = len(parts) // 2
            out, err = "".join(parts[:half]), "".join(parts[half:])
            steps.append(step(err, out, name=f"{kind} {seed}".replace(" ", "-")))
    return secrets, steps


def left_in(document: str, secrets: set[str]) -> set[str]:
    """What somebody would find who knows the document's format and the usual encodings."""
    is_json = document.startswith("{")
    texts = (document, unescaped(document)) if is_json else (document,)
    found = "\n".join(each for text in texts for each in readings(text))
    return {secret for secret in secrets if secret in found}


@pytest.mark.parametrize("number", range(RUNS))
def test_nothing_planted_goes_out(number: int, tmp_path: Path) -> None:
    desk = TicketSettings(kind="file", url=str(tmp_path))
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache", tickets={"desk": desk})
    secrets, steps = planted(number)
    assert len(secrets) * RUNS > 10_000
    folder = keep(settings, run(SICK, *steps), case())
    recorded = (folder / "observations.jsonl").read_text("utf-8")
    assert len(left_in(recorded, secrets)) > len(secrets) * 0.8, "they should be there to find"

    subject = subject_of(settings, "last", Outgoing.of(settings, environ={}))
    documents = {name: render(subject, name) for name in FORMATS}
    message = Result(settings, "last", Wish()).message(KEY)
    documents["comment"] = message.text + message.end
    documents |= {file.name: file.data.decode("utf-8") for file in message.files}
    archive = tmp_path / "run.tar.gz"
    write(Export(run=folder), archive, settings, Outgoing.of(settings, environ={}))
    with tarfile.open(archive) as members:
        for each in members:
            content = members.extractfile(each)
            assert content is not None
            documents[f"archived {each.name}"] = content.read().decode("utf-8")
    build(settings, tmp_path / "site", Catalog(settings), reports=1)
    for path in (tmp_path / "site").rglob("*.html"):
        documents[str(path.relative_to(tmp_path))] = path.read_text("utf-8")
    left = {name: left_in(text, secrets) for name, text in documents.items()}
    assert {name: found for name, found in left.items() if found} == {}

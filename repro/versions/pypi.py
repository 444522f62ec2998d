"""Releases of a Python package, from the simple repository API, read by pypi-simple."""

from __future__ import annotations

import datetime as dt
import json
import re
import warnings
from typing import Any
from urllib.parse import quote

from repro.errors import ServiceError, VersionError
from repro.settings import Settings
from repro.versions.release import Found, Release
from repro.versions.web import Answer, Validators, get

#: Bytes of a project's page; the largest known are some MiB.
_LIMIT = 128 * 1024 * 1024


def ask(name: str, settings: Settings, known: Validators) -> Found | None:
    """Version, date of its first file, and whether all of its files are withdrawn.

    None: what is known still stands.  Raises VersionError when there is no such package,
    ServiceError on any trouble.  Source: PEP 503, 592, 629, 691 and 700.
    """
    import pypi_simple

    endpoint = (settings.mirrors.pypi or pypi_simple.PYPI_SIMPLE_ENDPOINT).rstrip("/")
    what = f"the Python package index's list of the releases of {name}"
    answer = get(
        f"{endpoint}/{quote(_normalized(name))}/",
        settings,
        what=what,
        limit=_LIMIT,
        headers={"accept": pypi_simple.ACCEPT_JSON_PREFERRED},
        known=known,
    )
    if answer is None:
        told = f"the Python package index has no package {name}"
        raise VersionError(told, action="correct `product`")
    if answer.unchanged:
        return None
    try:
        found = _releases(_page(name, answer).packages)
    except (
        pypi_simple.UnsupportedRepoVersionError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        raise ServiceError(f"{what} cannot be understood", cause=str(error)) from error
    return Found(found, answer.validators)


def _page(name: str, answer: Answer) -> Any:
    """The page, of either kind.  Raises ValueError and others for what is none."""
    from pypi_simple import ProjectPage, UnexpectedRepoVersionWarning

    kind = answer.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnexpectedRepoVersionWarning)
        if kind.endswith(("+json", "/json")):
            return ProjectPage.from_json_data(json.loads(answer.body))
        if kind not in ("text/html", "application/vnd.pypi.simple.v1+html"):
            raise ValueError(f"it is {kind}")
        page = ProjectPage.from_html(name, answer.body)
    # Any page of a web site reads as one of the index: with some links, none of them a file.
    if page.repository_version is None and not any(one.version for one in page.packages):
        raise ValueError("it is a web page without a file of the package; a login page perhaps")
    return page


def _releases(packages: list[Any]) -> list[Release]:
    dates: dict[str, str | None] = {}
    yanked: dict[str, bool] = {}
    for package in packages:
        if (version := package.version) is None:
            continue
        date = dates.setdefault(version, None)
        yanked[version] = yanked.get(version, True) and package.is_yanked
        if (uploaded := package.upload_time) is not None:
            told = uploaded.astimezone(dt.UTC).isoformat(timespec="seconds")
            dates[version] = min(date or told, told)
    return [Release(version=one, date=dates[one], yanked=yanked[one]) for one in dates]


def _normalized(name: str) -> str:
    """Source: PEP 503, "normalized names"."""
    return re.sub(r"[-_.]+", "-", name).lower()

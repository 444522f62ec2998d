"""Releases of a Python package, from the simple repository API, by pypi-simple."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from repro.errors import ServiceError, VersionError
from repro.settings import Settings
from repro.versions.web import proxy_for

if TYPE_CHECKING:
    import requests

_TIMEOUT = 30.0


def ask(name: str, settings: Settings) -> list[dict[str, Any]]:
    """Version, date of its first file, and whether all of its files are withdrawn.

    Raises VersionError when there is no such package, ServiceError on any trouble.
    Source: PEP 503, 592, 691 and 700.
    """
    import pypi_simple
    import requests

    endpoint = settings.mirrors.pypi or pypi_simple.PYPI_SIMPLE_ENDPOINT
    try:
        with pypi_simple.PyPISimple(endpoint, session=_session(endpoint, settings)) as client:
            page = client.get_project_page(name, timeout=_TIMEOUT)
    except pypi_simple.NoSuchProjectError:
        raise VersionError(
            f"the Python package index has no package {name}", action="correct `product`"
        ) from None
    except (requests.RequestException, OSError) as error:
        raise ServiceError(
            f"the Python package index did not tell the releases of {name}", cause=str(error)
        ) from error
    except (
        pypi_simple.UnsupportedContentTypeError,
        pypi_simple.UnsupportedRepoVersionError,
        ValueError,
        TypeError,
        LookupError,
    ) as error:
        raise ServiceError(
            f"the Python package index answered for {name} what cannot be understood",
            cause=str(error),
        ) from error
    return _releases(page.packages)


def _releases(packages: list[Any]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for package in packages:
        if package.version is None:
            continue
        release = found.setdefault(
            package.version, {"version": package.version, "date": None, "yanked": True}
        )
        release["yanked"] &= package.is_yanked
        if (uploaded := package.upload_time) is not None:
            date = uploaded.astimezone(dt.UTC).isoformat(timespec="seconds")
            release["date"] = min(release["date"] or date, date)
    return list(found.values())


def _session(endpoint: str, settings: Settings) -> requests.Session:
    """CA and proxy from the settings, and from nowhere else."""
    import requests

    session = requests.Session()
    session.trust_env = False
    if settings.ca_bundle is not None:
        session.verify = str(settings.ca_bundle)
    if proxy := proxy_for(endpoint, settings):
        session.proxies = {"http": proxy, "https": proxy}
    return session

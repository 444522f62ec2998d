"""Settings: what differs by site or engineer.  Read once; passed around as a value.

They come from ``settings.yml`` in the configuration folder, then from ``REPRO_…`` variables.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from repro.errors import SettingsError
from repro.model.base import Duration, Frozen, Size

#: Variables that other programs use for a private CA; the first that is set is the default.
_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
#: Else what this machine trusts, a private CA of the company included (Debian; EL and its like).
_CA_FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")

#: ``~`` is the home of the user, as in a shell.
UserPath = Annotated[Path, AfterValidator(Path.expanduser)]


class Proxy(Frozen):
    """Proxies by scheme, as in the usual variables."""

    http: str | None = None
    https: str | None = None
    no_proxy: str = "localhost,127.0.0.1"

    def for_url(self, url: str) -> str | None:
        """The proxy for an address; None: it is asked directly."""
        from urllib.parse import urlsplit
        from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

        parts = urlsplit(url)
        if proxy_bypass_environment(parts.netloc.rpartition("@")[2], {"no": self.no_proxy}):
            return None
        proxy = self.https if parts.scheme == "https" else self.http
        return f"http://{proxy}" if proxy and "://" not in proxy else proxy


class Mirrors(Frozen):
    """Where packages come from instead of the public places.  URLs."""

    debian: str | None = None
    debian_security: str | None = None
    ubuntu: str | None = None
    pypi: str | None = None
    npm: str | None = None
    images: str | None = None


class DefaultLimits(Frozen):
    """What a node gets when its case does not say."""

    memory: Size = 2 * 2**30
    cpus: Annotated[float, Field(gt=0)] = 2.0
    processes: Annotated[int, Field(gt=0)] = 512
    disk: Size = 8 * 2**30


class Cluster(Frozen):
    """Cells on other machines: the certificates that they know each other by (PEM), and how long
    a cell waits for a worker that can run it once the last such one went away.
    """

    ca: UserPath | None = None
    cert: UserPath | None = None
    key: UserPath | None = None
    patience: Duration = 60.0


class TicketSettings(Frozen):
    """One ticket system.  ``kind``: redmine, rt, jira, github, gitlab, zendesk or file; left out:
    the name that it stands under.  ``url`` is its address (a folder for ``file``), ``user`` the
    account where the system asks for one beside the token.  Tokens are never written here.

    ``options`` are the system's own (docs/tickets.md).
    """

    kind: str | None = None
    url: str | None = None
    user: str | None = None
    options: dict[str, str] = {}


class RedactSettings(Frozen):
    """What of the customer is replaced in all that leaves: ``hosts`` and ``users`` by name (a
    host also by its domain: ``.example.com``); every address and e-mail address where asked for.
    """

    hosts: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    addresses: bool = False
    emails: bool = False


class Settings(Frozen):
    """All settings, with their defaults.

    ``home`` holds runs, history and the state of environments; ``cache`` what can be made again.
    ``history`` is an SQLAlchemy URL (default: SQLite in ``home``).  ``lease`` is how long a kept
    environment stays up.  ``notify`` are addresses as apprise reads them, told of a recheck.
    ``tickets`` are by the name that a ticket's key begins with.  ``templates`` is a folder of the
    team's own report templates, ``language`` that of reports, ``site`` the address under which
    `repro site` is published: comments link to it.
    """

    home: UserPath
    cache: UserPath
    profiles: tuple[UserPath, ...] = ()
    history: str | None = None
    engine: str | None = None
    ca_bundle: UserPath | None = None
    proxy: Proxy = Proxy.model_construct()
    mirrors: Mirrors = Mirrors.model_construct()
    limits: DefaultLimits = DefaultLimits.model_construct()
    cluster: Cluster = Cluster.model_construct()
    cache_budget: Size = 20 * 2**30
    notify: tuple[str, ...] = ()
    lease: Duration = 4 * 3600.0
    tickets: dict[str, TicketSettings] = {}
    redact: RedactSettings = RedactSettings.model_construct()
    templates: UserPath | None = None
    language: str = "en"
    site: str | None = None

    @property
    def runs(self) -> Path:
        """The folder of all run folders."""
        return self.home / "runs"

    @property
    def campaigns(self) -> Path:
        """The folder of all campaign folders."""
        return self.home / "campaigns"

    @property
    def history_url(self) -> str:
        """Where the history is."""
        return self.history or f"sqlite:///{self.home / 'history.sqlite'}"


def settings_file(environ: Mapping[str, str] = os.environ) -> Path:
    """``REPRO_SETTINGS``, else ``settings.yml`` in the user's configuration folder."""
    import platformdirs

    named = environ.get("REPRO_SETTINGS")
    return Path(named) if named else platformdirs.user_config_path("repro") / "settings.yml"


def _from_file(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    import yaml

    try:
        content = yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"cannot read the settings {path}", cause=str(error)) from error
    if not isinstance(content, dict):
        raise SettingsError(f"the settings {path} should be a mapping")
    return content


def _from_variables(environ: Mapping[str, str]) -> dict[str, object]:
    simple = ("home", "cache", "history", "engine", "ca_bundle", "cache_budget", "lease")
    found: dict[str, object] = {
        key: environ[f"REPRO_{key.upper()}"]
        for key in simple
        if environ.get(f"REPRO_{key.upper()}")
    }
    if profiles := environ.get("REPRO_PROFILES"):
        found["profiles"] = profiles.split(os.pathsep)
    return found


def _defaults(environ: Mapping[str, str]) -> dict[str, object]:
    import platformdirs

    proxy = {
        key: environ.get(f"{key}_proxy") or environ.get(f"{key.upper()}_PROXY") or None
        for key in ("http", "https")
    }
    no_proxy = environ.get("no_proxy") or environ.get("NO_PROXY")
    return {
        "home": platformdirs.user_state_path("repro"),
        "cache": platformdirs.user_cache_path("repro"),
        "ca_bundle": _ca_bundle(environ),
        "proxy": {**proxy, **({"no_proxy": no_proxy} if no_proxy else {})},
    }


def _ca_bundle(environ: Mapping[str, str]) -> str | None:
    named = [environ[variable] for variable in _CA_VARIABLES if environ.get(variable)]
    there = [path for path in _CA_FILES if Path(path).is_file()]
    return next(iter([*named, *there]), None)


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force.  Raises SettingsError naming the key that is wrong."""
    path = settings_file(environ)
    merged = {**_defaults(environ), **_from_file(path), **_from_variables(environ)}
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()
        )
        raise SettingsError(f"the settings are wrong: {wrong}", cause=f"read from {path}") from None
    _check_paths(settings)
    return settings


def _check_paths(settings: Settings) -> None:
    """What is named and not there would be left out without a word."""
    if settings.ca_bundle is not None and not settings.ca_bundle.is_file():
        raise SettingsError(f"the CA bundle {settings.ca_bundle} is not there")
    folders = [
        ("templates", settings.templates),
        *(("profiles", each) for each in settings.profiles),
    ]
    for key, folder in folders:
        if folder is not None and not folder.is_dir():
            raise SettingsError(
                f"`{key}` names {folder}, which is no folder",
                action="correct it in the settings, or make the folder",
            )

"""Puts the rooms together for a command: settings, catalogue, provider, preparer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from repro.cli.options import LOCAL
from repro.errors import InputError

if TYPE_CHECKING:
    from repro.casefile import LoadedCase
    from repro.catalog import Catalog
    from repro.model.campaign import CampaignOptions, Origin
    from repro.model.plan import Plan
    from repro.model.profile import ReleaseSource
    from repro.model.record import Event, RunRecord
    from repro.plan import Overrides
    from repro.ports import CellEngine, Environment, Provider
    from repro.settings import Settings
    from repro.stages import Keep, Tools


class Session:
    """What one command works with; each part is made when first asked for.

    ``workspace`` is the folder whose profiles come first (default: the current one).  ``origin`` is
    the archive that is run again, as a campaign keeps it, ``brought`` its profiles and playbooks.
    """

    origin: Origin | None = None
    brought: Mapping[str, bytes] = MappingProxyType({})

    def __init__(self, workspace: Path | None = None) -> None:
        self._workspace = workspace

    @cached_property
    def settings(self) -> Settings:
        """The settings in force."""
        from repro import settings

        return settings.load()

    @cached_property
    def catalog(self) -> Catalog:
        """The profiles."""
        from repro.catalog import Catalog

        return Catalog(self.settings, self._workspace)

    @cached_property
    def provider(self) -> Provider:
        """The container engine.  Raises EngineError when it cannot be reached."""
        from repro.provider.docker import connect

        return connect(self.settings)

    def powers(self, backend: str) -> frozenset[str]:
        """What a backend can do beyond the ordinary; asks no engine."""
        from repro.provider import POWERS

        return POWERS.get(backend, frozenset())

    def tools(self, keep: Keep, listen: Callable[[Event], None], *, fresh: bool = False) -> Tools:
        """What runs are carried out with."""
        from repro.engine.tools import make_tools

        return make_tools(
            self.settings,
            self.catalog,
            self.provider,
            keep=keep,
            listen=listen,
            dispose=dispose_later,
            fresh=fresh,
        )

    def engine(self, options: CampaignOptions, listen: Callable[[str, Event], None]) -> CellEngine:
        """Where the cells of a campaign run: here, or on a Dask cluster."""
        if options.engine != LOCAL:
            from repro.engine.cluster import connect

            return connect(options.engine, self.settings)
        from repro.engine.local import LocalEngine

        tools = self.tools(cast("Keep", options.keep), lambda _event: None, fresh=options.fresh)
        return LocalEngine(self.settings, tools, jobs=options.jobs, listen=listen)

    def check_engine(self, options: CampaignOptions) -> None:
        """Raises InputError for an engine that is neither this machine nor an address."""
        if options.engine == LOCAL:
            return
        from repro.engine import wire

        wire.split(options.engine)
        if options.keep != "never" or options.fresh:
            raise InputError(
                "--keep and --fresh go with this machine; workers of a cluster know neither",
                action="leave them out, or leave --engine out",
            )

    def check_cells(self, options: CampaignOptions, cases: Mapping[str, LoadedCase]) -> None:
        """Plan one cell of every kind, so that what is wrong with one is told before any starts.

        Raises InputError.
        """
        from repro.campaign.planning import Planning
        from repro.flow import refuse_unsupported

        planning = Planning(cases, self.catalog, self.settings.limits, vars=options.vars)
        kinds = {(c.case, c.os, c.topology, c.workaround): c for c in options.cells}
        for cell in kinds.values():
            plan = planning(cell, "").plan
            refuse_unsupported(plan, self.powers(plan.cell.backend))

    def choose(
        self,
        loaded: LoadedCase,
        text: str,
        *,
        pre: bool,
        yanked: bool,
        beside: tuple[str | None, ...] = (),
    ) -> tuple[str, ...]:
        """The released versions that a text means.  Raises VersionError, ServiceError."""
        from repro.campaign.releases import choose, releases_of

        releases = releases_of(loaded, self.catalog, self.settings)
        return choose(text, releases, prereleases=pre, yanked=yanked, beside=beside)

    def look(self, run: str) -> RunRecord:
        """A run, read from its folder."""
        from repro.record import read_run

        return read_run(self.settings.runs / run)

    def tidy(self) -> None:
        """Sweep, and tell the history, by a process of its own."""
        spawn_detached(["gc", "--quiet"])

    def plan(self, loaded: LoadedCase, overrides: Overrides, *, offline: bool = False) -> Plan:
        """The plan of a case; a version that is left out is the latest one released."""
        from repro.plan import make_plan

        return make_plan(
            loaded.case,
            digest=loaded.digest,
            sources=loaded.sources,
            profiles=self.catalog,
            limits=self.settings.limits,
            overrides=self._with_version(loaded, overrides, offline=offline),
        )

    def _with_version(
        self, loaded: LoadedCase, overrides: Overrides, *, offline: bool
    ) -> Overrides:
        import dataclasses

        from repro.plan import parse_purl

        environment = loaded.case.environment
        asked = overrides.version or environment.version
        purl = self._purl(loaded)
        if purl is None or environment.install or (asked and asked != "latest"):
            return overrides
        if parse_purl(purl)[0] == "deb":
            return dataclasses.replace(overrides, version=None) if asked else overrides
        if offline:
            raise InputError(
                f"{loaded.case.id} names no version of {purl}",
                action="give one with --version, or leave --offline out",
            )
        from repro import versions

        newest = versions.latest(purl, self.settings, source=self._source(loaded))
        return dataclasses.replace(overrides, version=newest)

    def _source(self, loaded: LoadedCase) -> ReleaseSource | None:
        """How the product's own profile says that its releases are listed."""
        product = loaded.case.environment.product
        if product is None or product.purl or not product.name:
            return None
        return self.catalog.product(product.name).releases

    def _purl(self, loaded: LoadedCase) -> str | None:
        product = loaded.case.environment.product
        if product is None:
            return None
        if product.purl:
            return product.purl
        return self.catalog.product(product.name or "").purl

    def check_version(self, loaded: LoadedCase, plan: Plan) -> None:
        """Ask whether the version was ever released; what was seen once is not asked again.

        Raises VersionError naming the nearest ones.  A registry that cannot be asked is no
        reason to stop: the package manager will say so.
        """
        from repro import versions
        from repro.errors import ServiceError

        products = [node.preparation.product for node in plan.nodes]
        asked = {
            (each.purl, each.version) for each in products
            if each and each.version and each.type in ("pypi", "npm")
        }  # fmt: skip
        for purl, version in asked:
            try:
                versions.check(purl, version or "", self.settings, source=self._source(loaded))
            except ServiceError as error:
                print(f"repro: the version could not be checked: {error.what}", file=sys.stderr)


def dispose_later(environment: Environment) -> None:
    """Remove an environment by a process of its own, so that nobody waits for it.

    It also removes what earlier commands that were killed have left behind, and tells the history
    of this run: the prompt comes back with the verdict.
    """
    spawn_detached(["gc", "--quiet", "--environment", environment.id])


def spawn_detached(arguments: Iterable[str]) -> None:
    """Start repro once more, in the background, whatever becomes of this process."""
    import repro

    # -P: a folder called "repro" where the engineer stands must not be taken for this package.
    root = str(Path(repro.__file__).resolve().parent.parent)
    subprocess.Popen(
        [sys.executable, "-P", "-m", "repro", *arguments],
        env={**os.environ, "PYTHONPATH": root},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def parse_set(pairs: Iterable[str]) -> Mapping[str, Any]:
    """``KEY=VALUE`` options → variables of the playbook, typed as YAML types them."""
    from repro.model.base import Scalar, resolve

    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InputError(f"--set {pair!r} should be written KEY=VALUE")
        values[key] = resolve(Scalar(value))
    return values

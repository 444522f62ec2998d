"""Cells → jobs: the plan of each cell, from the cases of a campaign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from repro.casefile import LoadedCase
from repro.model.campaign import Job
from repro.model.case import Case
from repro.model.plan import Cell, Plan
from repro.plan import Overrides, Profiles, at_version, make_plan
from repro.settings import DefaultLimits
from repro.workaround import with_workaround


@dataclass(frozen=True)
class Planning:
    """Makes the jobs of one campaign.  ``vars`` go to the product's playbook in every cell."""

    cases: Mapping[str, LoadedCase]
    profiles: Profiles
    limits: DefaultLimits
    campaign: str = ""
    vars: Mapping[str, Any] = field(default_factory=dict)
    _plans: dict[Cell, Plan] = field(default_factory=dict)

    def __call__(self, cell: Cell, key: str) -> Job:
        """The job of one run.  Raises PlanError, ProfileError, InputError."""
        loaded = self.cases[cell.case]
        spec = loaded.case.environment
        overrides = Overrides(
            os=cell.os if cell.os != spec.os else None,
            version=cell.version if cell.version != spec.version else None,
            topology=cell.topology if self._is_profile(cell.topology, spec.topology) else None,
            workaround=cell.workaround,
            vars=self.vars,
        )
        place = cell.model_copy(update={"version": None})
        plan = self._plans.get(place)
        if plan is None:
            plan = self._plans[place] = self.plan(loaded, overrides)
        if plan.cell.version != cell.version:
            assert cell.version is not None
            plan = at_version(plan, _as_planned(loaded.case, cell), cell.version)
        return Job.model_construct(
            key=key,
            campaign=self.campaign,
            plan=plan,
            case_text=loaded.text,
            sources=loaded.sources,
            overrides=overrides.described(),
        )

    def plan(self, loaded: LoadedCase, overrides: Overrides) -> Plan:
        """The plan of one cell of a case."""
        return make_plan(
            loaded.case,
            digest=loaded.digest,
            sources=loaded.sources,
            profiles=self.profiles,
            limits=self.limits,
            overrides=overrides,
        )

    @staticmethod
    def _is_profile(topology: str, own: str | None) -> bool:
        """Whether a cell's topology is one to ask for, not what the case has anyway."""
        return topology not in (own, "written out") and not (own is None and topology == "single")


def _as_planned(case: Case, cell: Cell) -> Case:
    return with_workaround(case, cell.workaround) if cell.workaround else case


def grid(
    base: Cell,
    oses: Iterable[str] = (),
    versions: Iterable[str] = (),
    topologies: Iterable[str] = (),
) -> tuple[Cell, ...]:
    """Every combination, in the order given; what is left out stays as in ``base``."""
    return tuple(
        base.model_copy(update={"os": os, "version": version, "topology": topology})
        for topology in tuple(topologies) or (base.topology,)
        for os in tuple(oses) or (base.os,)
        for version in tuple(versions) or (base.version,)
    )

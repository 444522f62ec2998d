"""Which nodes there are, and whom a name means: a node, or all that have the role."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from repro.errors import PlanError
from repro.model.case import EnvironmentSpec, NodeSpec
from repro.plan.asked import Profiles


class Topology:
    """The nodes of a case by name, in order; the profile's, with what the case says of each."""

    def __init__(self, nodes: dict[str, NodeSpec]) -> None:
        self.nodes = nodes

    @classmethod
    def of(cls, spec: EnvironmentSpec, profiles: Profiles, name: str | None) -> Topology:
        """The topology ``name``; without one the nodes that the case writes out, or one node.

        Raises PlanError, ProfileError.
        """
        if name is None and spec.nodes:
            return cls({node: each or NodeSpec() for node, each in spec.nodes.items()})
        profile = profiles.topology(name or "single")
        nodes = {node: each or NodeSpec() for node, each in profile.nodes.items()}
        for node, each in spec.nodes.items():
            if node not in nodes:
                raise PlanError(
                    f"the topology {profile.name} has no node {node!r}{near(node, nodes)}",
                    action="name one of its nodes, or leave `topology` out and write all nodes out",
                )
            nodes[node] = _merged(nodes[node], each or NodeSpec())
        return cls(nodes)

    @property
    def first(self) -> str:
        """The node where a step runs that names none."""
        return next(iter(self.nodes))

    def expand(self, names: Iterable[str]) -> tuple[str, ...]:
        """Node names and roles → node names in order.  Raises PlanError."""
        found: list[str] = []
        for name in names:
            members = [name] if name in self.nodes else self._members(name)
            if not members:
                raise self._unknown(name)
            found.extend(members)
        return tuple(dict.fromkeys(found))

    def of_step(self, on: str | None) -> tuple[str, ...]:
        """Where a step runs.  Raises PlanError."""
        return self.expand([on]) if on else (self.first,)

    def _members(self, role: str) -> list[str]:
        return [node for node, spec in self.nodes.items() if role in spec.roles]

    def _unknown(self, name: str) -> PlanError:
        roles = (role for spec in self.nodes.values() for role in spec.roles)
        return PlanError(
            f"there is no node or role {name!r}{near(name, [*self.nodes, *roles])}",
            action=f"the nodes are: {', '.join(self.nodes)}",
        )


def near(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` where one of the known names is like this one, else nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _merged(base: NodeSpec, change: NodeSpec) -> NodeSpec:
    given = {key: getattr(change, key) for key in change.model_fields_set}
    given["with_"] = base.with_ + change.with_
    given["roles"] = tuple(dict.fromkeys((*base.roles, *change.roles)))
    given["env"] = {**base.env, **change.env}
    return base.model_copy(update=given)

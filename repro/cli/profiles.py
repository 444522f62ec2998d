"""``repro profiles``: what is known about OSes, products and topologies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.options import AsJson

if TYPE_CHECKING:
    from repro.catalog import Catalog
    from repro.model.base import Frozen

_KINDS = ("os", "products", "topologies")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples:\n\n  repro profiles\n\n  repro profiles debian-12")(profiles)


def profiles(
    name: Annotated[str | None, typer.Argument(help="One of them.")] = None, json: AsJson = False
) -> None:
    """List the profiles, or show one."""
    from repro.cli.session import Session

    catalog = Session().catalog
    if name is not None:
        kind, profile = _find(catalog, name)
        if json:
            print(profile.model_dump_json(indent=2))
        else:
            _show(kind, profile.model_dump(mode="json", exclude_defaults=True))
        return
    listed = {kind: catalog.names(kind) for kind in _KINDS}
    if json:
        import json as encoder

        print(encoder.dumps(listed))
        return
    for kind, names in listed.items():
        print(f"{kind}:")
        for each in names:
            print(f"  {each}")


def _find(catalog: Catalog, name: str) -> tuple[str, Frozen]:
    """The profile of this name, of whatever kind.  Raises ProfileError."""
    readers: dict[str, Callable[[str], Frozen]] = {
        "os": catalog.os, "products": catalog.product, "topologies": catalog.topology,
    }  # fmt: skip
    fitting = [kind for kind in _KINDS if name in catalog.names(kind)] or ["os"]
    return fitting[0], readers[fitting[0]](name)


def _show(kind: str, content: dict[str, object]) -> None:
    import yaml

    print(f"# {kind}")
    print(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), end="")

"""``repro profiles``: what is known about OSes, products and topologies."""

from __future__ import annotations

from typing import Annotated

import typer

from repro.cli.runs import AsJson

_KINDS = ("os", "products", "topologies")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples:\n\n  repro profiles\n\n  repro profiles debian-12")(profiles)


def profiles(
    name: Annotated[str | None, typer.Argument(help="One of them.")] = None, json: AsJson = False
) -> None:
    """List the profiles, or show one."""
    from repro.catalog import find_profile
    from repro.cli.session import Session

    catalog = Session().catalog
    if name is not None:
        for kind, profile in find_profile(catalog, name):
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


def _show(kind: str, content: dict[str, object]) -> None:
    import yaml

    print(f"# {kind}")
    print(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), end="")

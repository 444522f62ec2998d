"""Profiles, playbooks and case catalogues: look-up and layering."""

from repro.catalog.catalog import KINDS, Catalog, builtin_root

__all__ = ["KINDS", "Catalog", "builtin_root"]

"""Phrases of every kind, for properties that hold of all of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from repro.model.phrase import Phrase, places, say
from repro.model.wording import Wording


def phrases(texts: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Phrase]:
    """Any sentence, with texts, other phrases and lists of them as its values."""
    text = st.text(max_size=20) if texts is None else texts
    return st.recursive(_filled(text), _nested, max_leaves=6)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Phrase]:
    return _filled(inner | st.lists(inner, max_size=3))


def _filled(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Phrase]:
    return st.sampled_from(Wording).flatmap(
        lambda wording: st.fixed_dictionaries(
            dict.fromkeys(sorted(places(wording.value)), values)
        ).map(lambda made: say(wording, **made))
    )

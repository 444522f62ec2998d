from __future__ import annotations

from tests.support import a_case, planned


def test_what_cannot_be_carried_out_yet_is_planned_and_named() -> None:
    case = a_case(
        environment={"topology": "client-server", "backend": "vm"},
        steps=[
            {"name": "client", "run": "x"},
            {"fault": "partition", "between": ["client", "server"], "for": "5s"},
            {"interact": "passwd", "dialogue": [{"expect": "New", "send": "x"}]},
        ],
    )
    assert planned(case).needs == ("backend:vm", "fault:partition", "console")

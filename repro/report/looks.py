"""How verdicts look, wherever they are shown: a sign, a colour of pages, a style of terminals."""

from __future__ import annotations

#: Told apart without colours too.
SIGNS = {
    "reproduced": "●", "not-reproduced": "○", "different-failure": "▲", "inconclusive": "?",
    "environment-failed": "✗", "unfinished": "✗",
}  # fmt: skip
#: Classes of page/base.css: what is there, what is not, what else failed, what nobody knows.
CLASSES = {
    "reproduced": "affected", "not-reproduced": "clean", "different-failure": "other",
    "inconclusive": "unsure", "environment-failed": "failed", "unfinished": "failed",
}  # fmt: skip
#: Styles of rich.
STYLES = {
    "reproduced": "bold green", "not-reproduced": "bold blue", "different-failure": "bold yellow",
    "inconclusive": "bold yellow", "environment-failed": "bold red", "unfinished": "bold red",
}  # fmt: skip

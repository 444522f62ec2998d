"""Draws docs/picture.svg from what the README's first commands really print."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
COMMANDS = (
    ["run", "docs/example.yml"],
    ["run", "docs/example.yml", "--version", "2.0.3"],
)


def main() -> None:
    console = Console(record=True, width=96, file=io.StringIO(), highlight=False)
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "repro", *command],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False,
        )  # fmt: skip
        console.print(Text(f"$ repro {' '.join(command)}", style="bold"))
        for line in done.stdout.splitlines():
            console.print(Text(line, style="green" if line[:1] in "●○" else ""))
        console.print()
    picture = console.export_svg(title="repro")
    # The reader's own fonts will do: a picture in a README fetches nothing.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    (ROOT / "docs" / "picture.svg").write_text(picture, "utf-8")


if __name__ == "__main__":
    main()

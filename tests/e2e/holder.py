"""A process that holds an environment, to be ended at any moment: HOME ENGINE NODES."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from repro.ports import Command
from tests.engines import debian_12, docker_in, quiet, request


def main() -> None:
    home, engine, count = sys.argv[1:]
    provider = docker_in(Path(home), engine=engine or None)
    names = [f"n{number}" for number in range(int(count))]
    image = provider.os_image(debian_12(), quiet)
    print("begin", flush=True)
    environment = provider.start(request(image, *names), quiet)
    print(environment.id, flush=True)
    environment.nodes["n0"].run(Command(("sleep", "60"), timeout=60))
    time.sleep(60)


if __name__ == "__main__":
    main()

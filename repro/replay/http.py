"""``http``: a request from inside a node, by the node's own Python."""

from __future__ import annotations

import json

from repro.model.case import HttpStep
from repro.ports import Node
from repro.replay.scene import Attempt, Scene

#: Prints the body; the status line and headers go to standard error.  Exit 7: no answer (as curl).
_CLIENT = r"""
import json, sys, urllib.error, urllib.request
asked = json.load(sys.stdin)
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)
body = None if asked["body"] is None else asked["body"].encode()
request = urllib.request.Request(asked["url"], body, asked["headers"], method=asked["method"])
try:
    answer = opener.open(request, timeout=asked["timeout"])
except urllib.error.HTTPError as error:
    answer = error
except OSError as error:
    print("no answer from %s: %s" % (asked["url"], error), file=sys.stderr)
    sys.exit(7)
print(answer.status, answer.reason, file=sys.stderr)
print(answer.headers, end="", file=sys.stderr)
sys.stderr.flush()
while True:
    piece = answer.read(65536)
    if not piece:
        break
    sys.stdout.buffer.write(piece)
"""


def perform(step: HttpStep, name: str, node: Node, scene: Scene, python: str) -> Attempt:
    """Send the request; redirects are shown, not followed."""
    method, url = step.http.split(" ", 1)
    asked = {
        "method": method, "url": url, "headers": step.headers, "body": step.body,
        "timeout": step.timeout,
    }  # fmt: skip
    command = scene.command((python, "-c", _CLIENT), step, node.name, json.dumps(asked).encode())
    result = node.run(command, scene.sink(name, node.name), scene.cancel)
    first = result.stderr.text.split(" ", 1)[0]
    status = int(first) if result.exit == 0 and first.isdigit() else None
    problem = "" if status is not None or result.timed_out else result.stderr.text.strip()
    if step.expect.exit is not None:
        problem = ""
    return Attempt(step.http, result, status, problem)

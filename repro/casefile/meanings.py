"""What each key of a case file means: one sentence, by model and key as the file writes it.

The published schema shows them in an editor, the reference page in its tables; a test holds that
none is missing and none is left over.
"""

from __future__ import annotations

MEANINGS: dict[str, dict[str, str]] = {
    "Case": {
        "schema": "Version of this format.",
        "id": "Name of the case, unique in its catalogue: lower-case letters, digits, `.`, `_` and "
        "`-`.",
        "title": "The issue in one line.",
        "severity": "How much it matters; a nightly takes the highest first.",
        "tags": "Words to find the case by.",
        "tickets": "Tickets that the result goes to, each as `SYSTEM:KEY`.",
        "references": "Addresses of what is known upstream.",
        "known": "What is believed of the issue; a recheck says where that no longer holds.",
        "environment": "Where the issue was seen.",
        "files": "Files put on the nodes before the setup.",
        "setup": "Steps to the reported starting point; a failure here is no verdict on the issue.",
        "steps": "What was reported, in order. The first step that does not do as expected is the "
        "last one run.",
        "symptom": "The issue as reported: it is there when all of these conditions hold.",
        "healthy": "What it looks like without the issue: all hold. Left out: every step did as "
        "expected.",
        "collect": "Files kept as evidence, beyond what is always kept.",
        "repeat": "How often to try, for an issue that comes and goes.",
        "workarounds": "Changes that avoid the issue without a new version.",
        "recheck": "What a nightly looks at.",
    },
    "Known": {
        "introduced": "First affected version; left out: always affected.",
        "fixed": "First version without the issue; left out: not fixed.",
    },
    "EnvironmentSpec": {
        "os": "Name of an OS profile.",
        "product": "What is under examination: a Package URL, the name of a product profile, or a "
        "mapping (see Product).",
        "version": "The product's version.",
        "topology": "Name of a topology profile; left out: `nodes`, else one node called `node`.",
        "backend": "What carries the nodes; left out: `docker`, unless the case needs more.",
        "with": "Packages installed beside the product, on every node.",
        "nodes": "What differs by node; without `topology`, all nodes in order.",
        "vars": "Variables of the product's playbook; at any depth one may be a Secret.",
        "env": "Environment variables of every step on every node.",
        "network": "`isolated`: the nodes reach each other and nothing else; `open`: the outside "
        "too.",
        "install": "Commands that install by hand, after `with`; online, and part of the prepared "
        "image.",
    },
    "ProductSpec": {
        "name": "Name of a product profile, or a name of your own beside `purl`.",
        "purl": "Package URL whose releases are the product's versions, and which is installed "
        "unless `install` says how.",
        "on": "Nodes or roles that carry it; left out: all.",
        "version": "Command whose output is kept as the version really seen.",
    },
    "VersionCommand": {
        "run": "The command.",
        "on": "Node or role that it runs on; left out: the first node that carries the product.",
    },
    "Companions": {
        "apt": "Packages of Debian and its relatives, `NAME` or `NAME=VERSION`.",
        "dnf": "Packages of Red Hat Enterprise Linux, Fedora and their relatives.",
        "zypper": "Packages of SUSE.",
        "apk": "Packages of Alpine.",
        "pip": "Python packages, `NAME` or `NAME==VERSION`.",
        "npm": "npm packages, `NAME` or `NAME@VERSION`.",
    },
    "NodeSpec": {
        "roles": "Names that several nodes may share; usable where a node is named.",
        "os": "Name of an OS profile, where it differs.",
        "with": "More packages, on this node.",
        "env": "More environment variables, on this node.",
        "memory": "Memory limit.",
        "cpus": "CPU limit, in cores.",
        "processes": "Limit of processes.",
        "disks": "Small file systems of a fixed size: mount point → size.",
        "capabilities": "Linux capabilities that the node needs.",
    },
    "SecretValue": {
        "value": "The text, at least 4 characters. Either this or `env`.",
        "env": "Variable of the machine that runs repro, which has the text.",
        "secret": "`true`: the text is in nothing that is kept of a run.",
    },
    "InstallStep": {
        "run": "Shell command; `$REPRO_VERSION` is the product's version.",
        "on": "Node or role; left out: the nodes that carry the product.",
        "timeout": "Time after which it is ended.",
    },
    "CaseFile": {
        "path": "Where it goes on the node.",
        "on": "Nodes or roles; left out: all.",
        "content": "Its text. Either this or `source`.",
        "source": "A file relative to the case, within the case's folder; at most 16 MiB.",
        "mode": "Its permissions, octal.",
        "owner": "Its owner.",
        "secret": "Its content is in nothing that is kept of a run.",
    },
    "Step": {
        "name": "How conditions refer to it; left out: `step-1`, `step-2` …, by place.",
        "on": "Node or role (then each of its nodes, in order); left out: the first node.",
        "timeout": "Time after which the step, and all that it started, is ended.",
        "expect": "What it should do; a bare word, number or list is its exit status. Left out: "
        "exit status 0.",
        "retry": "Do it again until it does as expected.",
        "env": "More environment variables.",
        "user": "User that it runs as.",
        "cwd": "Folder that it runs in.",
    },
    "RunStep": {
        "run": "Shell command: `bash -eo pipefail` where there is bash, else `sh -e`.",
        "stdin": "Text for its standard input.",
        "background": "Keeps running beside later steps; ended, its output kept, when the steps "
        "end.",
    },
    "WaitStep": {"wait": "What to wait for (see Wait)."},
    "WaitFor": {
        "port": "A TCP port that something on the node listens on.",
        "log": "A file; together with `matches`.",
        "matches": "Regular expression that a line of the file matches.",
        "run": "Command that ends with exit status 0.",
        "seconds": "Just so long.",
    },
    "FaultStep": {
        "fault": "What goes wrong. On a node: `kill`, `stop`, `start`, `restart`, `pause`, "
        "`resume`, `disk-full`, `clock`; on a node or between nodes: `delay`, `loss`, `partition`; "
        "`heal` ends what stands.",
        "between": "Nodes or roles that the fault stands between.",
        "for": "Ends by itself after so long.",
        "by": "Of `delay`: how long each packet takes more.",
        "rate": "Of `loss`: the share of packets lost.",
        "path": "Of `disk-full`: a folder on the disk.",
        "offset": "Of `clock`: how far it is off.",
    },
    "HttpStep": {
        "http": "Request from inside the node: `METHOD URL`.",
        "headers": "Its headers.",
        "body": "Its body.",
    },
    "InteractStep": {
        "interact": "Command that is run on a terminal.",
        "dialogue": "What it asks and what is typed, in order.",
    },
    "Exchange": {
        "expect": "What the program prints.",
        "send": "What is typed then.",
        "enter": "Whether Enter is pressed after it.",
        "timeout": "How long to wait for the text; left out: as long as the step may take.",
        "secret": "What is sent is in nothing that is kept of a run.",
    },
    "Expectation": {
        "exit": "Exit status: a number, a list of them, `any`, `nonzero`, or `timeout`.",
        "stdout": "What its standard output should be like.",
        "stderr": "What its standard error should be like.",
        "output": "What both, as they came, should be like.",
        "status": "Of `http`: the status of the answer, one or several.",
    },
    "Retry": {"for": "How long to try.", "every": "Time between two tries."},
    "TextMatch": {
        "contains": "This text is in it.",
        "equals": "It is this text.",
        "matches": "Python regular expression, searched, multi-line, under a time limit.",
        "not": "It is not like this.",
    },
    "Outcome": {
        "exit": "Exit status: a number, a list of them, or `nonzero`.",
        "stdout": "What its standard output was like.",
        "stderr": "What its standard error was like.",
        "output": "What both, as they came, were like.",
        "timed_out": "Whether it was ended by its time-out.",
        "seconds": "How long it took: `> 5`, `< 0.5`.",
        "signal": "Signal that ended it: `SIGSEGV`, `SEGV` or 11.",
        "status": "Of `http`: the status of the answer, one or several.",
    },
    "StepCondition": {
        "step": "Name of a step.",
        "on": "Of a step on several nodes: the one that is meant.",
    },
    "ProbeCondition": {
        "on": "Node that the command runs on.",
        "run": "Command, run after the steps.",
    },
    "ModuleCondition": {"on": "Node that is looked at."},
    "PythonCondition": {
        "python": "A pytest-testinfra file, relative to the case, that passes.",
        "on": "Node that it looks at; left out: each.",
    },
    "LogCondition": {
        "log": "A file on the node.",
        "on": "The node.",
        "matches": "Regular expression that a line written since the steps began matches.",
    },
    "NodeCondition": {
        "node": "The node.",
        "state": "Its state after the steps; `oom-killed`: a process there was ended for memory.",
    },
    "AnyCondition": {"any": "One of these conditions holds."},
    "AllCondition": {"all": "All of these conditions hold."},
    "NotCondition": {"not": "This condition does not hold."},
    "Collect": {
        "path": "A file, or a shell pattern of files.",
        "on": "Nodes or roles; left out: all.",
    },
    "Repeat": {
        "runs": "How many runs at most.",
        "until": "`first`: until it reproduces; `decided`: until the rate is clear; `all`: all of "
        "them.",
    },
    "Workaround": {
        "name": "What it does, in a few words.",
        "files": "Files that take the place of, or are added to, the case's.",
        "setup": "Steps added to the setup.",
        "env": "More environment variables.",
        "vars": "More variables of the playbook.",
    },
    "Recheck": {
        "os": "OS profiles.",
        "topology": "Topologies.",
        "versions": "`newer` (than the case's), `latest`, `all`, or a range like "
        "`vers:pypi/>=4.5|<6`.",
    },
}

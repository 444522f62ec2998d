"""Which topology a ticket speaks of.  Only plain words count: nearly every ticket has a server."""

from __future__ import annotations

import re
from collections.abc import Collection

from repro.intake.reading import Found, Passage

_WORDS = {
    "primary-replicas": re.compile(
        r"\b(?:primary|master)\b.{0,60}\b(?:replicas?|standbys?|slaves?)\b"
        r"|\b(?:replicas?|standbys?|slaves?)\b.{0,60}\b(?:primary|master)\b"
        r"|プライマリ.{0,40}レプリカ|streaming replication",
        re.IGNORECASE,
    ),
    "cluster-3": re.compile(
        r"\b(?:three|3)[\s-]*(?:node|member|broker|server)s?[\s-]*\w{0,20}\s*cluster\b"
        r"|\bcluster (?:of|with) (?:three|3)\b|3\s*(?:台|ノード).{0,20}クラスタ",
        re.IGNORECASE,
    ),
    "client-proxy-server": re.compile(
        r"\bbehind (?:an? |the |our )?(?:[\w-]+ ){0,2}(?:reverse[- ]proxy|proxy|load balancer|"
        r"haproxy|nginx|envoy|traefik)\b|\b(?:through|via) (?:an? |the |our )?(?:[\w-]+ )?"
        r"(?:reverse[- ]proxy|proxy|load balancer|haproxy)\b|リバースプロキシ|ロードバランサ",
        re.IGNORECASE,
    ),
    "client-server": re.compile(
        r"\bclient (?:host|machine|node|vm)\b.{0,80}\bserver\b|\bseparate (?:client|server) "
        r"(?:host|machine|node)\b|クライアント.{0,40}サーバ",
        re.IGNORECASE,
    ),
}


def find_topology(passages: tuple[Passage, ...], known: Collection[str]) -> Found | None:
    """The first topology, by how much it says, that the ticket's words describe."""
    lines = [(line, passage.where) for passage in passages for line in passage.lines]
    for name in (each for each in _WORDS if each in known):
        for line, where in lines:
            if _WORDS[name].search(line):
                return Found(name, line, where, doubt="say which step runs where: `on`")
    return None

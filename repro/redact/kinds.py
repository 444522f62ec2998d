"""Secrets that can be told by their own form: what their issuers say they look like.

Each kind has needles, which are looked for in the lower-cased text, and a pattern that is tried
where one stands: so a long text without any costs next to nothing, and no pattern is tried twice
at a place.  A pattern's group is the secret; without one, all of it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from repro.redact.assigned import looks_random
from repro.redact.hit import Extract, Hit, lowered, positions

_B64 = r"[A-Za-z0-9+/_-]"
_ANY_CASE = re.IGNORECASE | re.ASCII


class Kind(NamedTuple):
    """A kind of secret.  ``name`` is what it is counted under; ``before`` is how many characters
    before the needle belong to it at most.
    """

    name: str
    needles: tuple[str, ...]
    source: str
    flags: int = 0
    before: int = 0

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when first needed: most texts hold no needle of most kinds."""
        return _compiled(self.source, self.flags or re.ASCII)


@cache
def _compiled(source: str, flags: int) -> re.Pattern[str]:
    return re.compile(source, flags)


def _token(name: str, needles: str, pattern: str, flags: int = 0, before: int = 0) -> Kind:
    return Kind(name, tuple(needles.lower().split()), pattern, flags, before)


#: Found wherever they stand, in a line that was wrapped in the middle of them too.
TOKENS = (
    _token("jwt", "eyJ", r"eyJ[\w-]{8,2000}\.[\w-]{8,}(?:\.[\w-]*){0,3}"),
    _token("aws-key-id", "AKIA ASIA ABIA ACCA", r"(?<![A-Za-z0-9])A(?:KI|SI|BI|CC)A[A-Z0-9]{16}"),
    _token("gcp-api-key", "AIza", r"AIza[\w-]{35}"),
    _token("gcp-oauth", "ya29.", r"ya29\.[\w-]{20,}"),
    _token("gcp-client-secret", "GOCSPX-", r"GOCSPX-[\w-]{20,}"),
    _token("azure-client-secret", "8Q~ 7Q~", r"(?<=[\w.~-]{3})[78]Q~[\w.~-]{31,34}", before=3),
    _token("azure-sas", "sig=", rf"(?<=[?&;])sig=((?:{_B64}|%[0-9A-Fa-f]{{2}}|=){{40,}})"),
    _token("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9_]{36,255}"),
    _token("github-token", "github_pat_", r"github_pat_\w{22,}"),
    _token("gitlab-token", "glpat- gldt- glft- glsoat- glrt- glcbt- glptt- glimt- gloas- glagent-",
           r"gl(?:pat|dt|ft|soat|rt|cbt|ptt|imt|oas|agent)-[\w.-]{20,}"),
    _token("slack-token", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-",
           r"x(?:ox[a-z]|app)-[A-Za-z0-9-]{10,}"),
    _token("slack-webhook", "hooks.slack.com/",
           r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/+-]{20,})"),
    _token("discord-webhook", "/api/webhooks/", r"/api/webhooks/\d{8,}/([\w-]{30,})"),
    _token("stripe-key", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_",
           r"(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9+/=]{16,}"),
    _token("twilio-key", "AC SK", r"(?<![A-Za-z0-9])(?:AC|SK)[0-9a-f]{32}(?![A-Za-z0-9])"),
    _token("sendgrid-key", "SG.", r"(?<!\w)SG\.[\w-]{16,}\.[\w-]{16,}"),
    _token("mailgun-key", "key-", r"(?<![\w-])key-[0-9a-f]{32}(?!\w)"),
    _token("mailchimp-key", "-us", r"(?<=[0-9a-f]{32})-us\d{1,2}(?!\w)", before=32),
    _token("npm-token", "npm_", r"(?<!\w)npm_[A-Za-z0-9]{36}"),
    _token("pypi-token", "pypi-AgE", r"pypi-AgE[\w-]{40,}"),
    _token("rubygems-key", "rubygems_", r"rubygems_[0-9a-f]{40,}"),
    _token("docker-token", "dckr_pat_ dckr_oat_", r"dckr_[po]at_[\w-]{20,}"),
    _token("openai-key", "sk-", r"(?<![\w-])sk-(?:[a-z]{2,10}\d?\d?-)?[\w-]{32,}"),
    _token("huggingface-token", "hf_", r"(?<!\w)hf_[A-Za-z0-9]{30,}"),
    _token("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", r"do[opr]_v1_[0-9a-f]{60,}"),
    _token("vault-token", "hvs. hvb. hvr.", r"(?<!\w)hv[sbr]\.[\w-]{20,}"),
    _token("terraform-token", ".atlasv1.", r"\.atlasv1\.[\w=-]{50,}", before=14),
    _token("atlassian-token", "ATATT3 ATCTT3", r"AT[AC]TT3[\w=-]{40,}"),
    _token("databricks-token", "dapi", r"(?<!\w)dapi[0-9a-f]{32}(?:-\d)?"),
    _token("grafana-token", "glsa_ glc_", r"(?:glsa_\w{32,}|glc_[A-Za-z0-9+/=]{32,})"),
    _token("newrelic-key", "NRAK- NRJS- NRII-", r"NR(?:AK|JS|II)-[\w-]{19,}"),
    _token("shopify-token", "shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}"),
    _token("square-token", "sq0atp- sq0csp- EAAA", r"(?:sq0(?:atp|csp)-[\w-]{22,}|EAAA[\w-]{60})"),
    _token("telegram-token", ":AA", r"(?<=\d{8}):AA[\w-]{33}", before=10),
    _token("postman-key", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    _token("sentry-token", "sntrys_ sntryu_", r"sntry[su]_[A-Za-z0-9+/=_-]{40,}"),
    _token("linear-key", "lin_api_", r"lin_api_[A-Za-z0-9]{32,}"),
    _token("notion-token", "ntn_", r"(?<!\w)ntn_[A-Za-z0-9]{40,}"),
    _token("doppler-token", "dp.pt. dp.st.", r"dp\.[ps]t\.[\w.]{40,}"),
    _token("pulumi-token", "pul-", r"(?<!\w)pul-[0-9a-f]{40}"),
    _token("planetscale-token", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.-]{32,}"),
    _token("dynatrace-token", "dt0c01. dt0s16.", r"dt0[cs]\d\d\.[A-Z2-7]{24}\.[A-Z2-7]{64}"),
    _token("artifactory-key", "AKC cmVmdGtu",
           r"(?<![A-Za-z0-9])(?:AKCp[A-Za-z0-9]{60,}|cmVmdGtu[A-Za-z0-9]{50,})"),
    _token("age-key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
)  # fmt: skip

#: Found by what stands around them.
PLACES = (
    _token("authorization", "authorization",
           r"""authorization["']?\s{0,3}[:=]\s{0,3}["']?("""
           r"""(?:[A-Za-z][\w-]{0,30} {1,3})?[^\s"',;]{6,}(?:,? [a-z]+="?[^"\s]*"?)*)""",
           _ANY_CASE),
    _token("authorization", "bearer",
           r"bearer\s{1,3}((?=[^\s]{0,200}\d)[A-Za-z0-9._~+/-]{16,}=*)", _ANY_CASE),
    _token("authorization", "basic", r"basic\s{1,3}([A-Za-z0-9+/]{8,}={1,2})", _ANY_CASE),
    _token("url-password", "://", r"://[^\s/@:\"'<>]{0,256}:(?![$<{*\[])([^\s/\"'<>]{2,512})@"),
    _token("url-password", "://",
           r"://(?=[^\s/@:]{0,200}\d)([A-Za-z0-9_-]{20,200})(?::x-oauth-basic)?@"),
    _token("cookie", "cookie",
           r"""cookie2?["']?\s{0,3}[:=]\s{0,3}["']?((?:[\w.%-]{1,128}=[^\s"'\\;]{1,8192};? ?)+)""",
           _ANY_CASE),
    _token("session", "session sessid connect.sid xsrf-token csrftoken",
           r"""(?:[\w-]{0,20}sess(?:ion)?[_-]?(?:id|token)?|connect\.sid|xsrf-token|csrftoken)"""
           r"""["']?\s{0,2}[=:]\s{0,2}["']?((?=[\w%.+-]{0,200}\d)[\w%.+-]{20,})""", _ANY_CASE),
    _token("netrc", "machine",
           r"machine\s+\S{1,253}\s+login\s+\S{1,253}\s+password\s+(\S+)", _ANY_CASE),
    _token("docker-auth", '"auth" "identitytoken"',
           r'"(?:auth|identitytoken)"\s{0,3}:\s{0,3}"([^"\s]{8,})"', _ANY_CASE),
    _token("npm-auth", ":_auth _authtoken",
           r""":?_(?:authToken|auth|password)\s{0,3}=\s{0,3}["']?([^\s"'$]{8,})""", _ANY_CASE),
    _token("account-key", "accountkey sharedaccesskey",
           r"(?:Account|SharedAccess)Key\s?=\s?([A-Za-z0-9+/%]{20,}={0,2})", _ANY_CASE),
    _token("password-hash", "$1$ $2a$ $2b$ $2y$ $5$ $6$ $y$ $apr1$ $argon2",
           r"\$(?:1|2[aby]|5|6|y|apr1|argon2(?:id|i|d))\$[\w./$=,+-]{20,}"),
    _token("password",
           "passwort kennwort contraseña contrasena wachtwoord パスワード 暗証番号 密码 비밀번호",
           r"""[^\W\d_]{2,12}["']?\s{0,3}[:=\uff1a\uff1d]\s{0,3}["']?"""
           r"""((?=[!-~]{0,60}\d)[!#-&(-~]{4,256})""", re.UNICODE),
    _token("sql-password", "identified",
           r"identified\s{1,3}(?:with\s{1,3}\S{1,64}\s{1,3})?by\s{1,3}(?:password\s)?"
           r"'([^']{1,512})'",
           _ANY_CASE),
    _token("sql-password", "password", r"password\s{1,3}'([^'\s]{3,512})'", _ANY_CASE),
    _token("command-password", "sshpass", r"sshpass\s{1,3}-p\s{0,3}['\"]?([^\s'\"]{3,})"),
    _token("command-password", "curl",
           r"curl\b[^\n|;]{0,400}?\s(?:-u|--user|--proxy-user)[\s=]{1,3}['\"]?"
           r"[^\s:'\"]{1,64}:([^\s'\"]{2,})"),
    _token("command-password", "mysql",
           r"(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;]{0,200}?\s-p([^\s'\"]{4,})"),
    _token("command-password", "redis-cli", r"redis-cli\b[^\n|;]{0,200}?\s-a\s{1,3}([^\s'\"]{4,})"),
    _token("otp-seed", "otpauth://",
           r"otpauth://[^\s\"']{1,500}?secret=([A-Za-z2-7]{8,})", _ANY_CASE),
)  # fmt: skip

#: No token is shorter, or has other signs.
_LONG_WORD = re.compile(r"[\w+/=.~:%?&;-]{20,}+", re.ASCII)
#: A token with nothing in it that could be looked for first.
_DISCORD = re.compile(r"(?<![\w.-])[MNO][\w-]{22,25}\.[\w-]{6}\.[\w-]{27,40}", re.ASCII)
#: An entry of libpq's password file (PostgreSQL documentation, "The Password File").
_PGPASS = re.compile(
    r"(?<![\w.:/-])[\w.*-]{1,253}:(?:[56]4\d\d|\*):[^:\s]{1,63}:[^:\s]{1,63}:"
    r"((?:[^:\\\s\"']|\\.){4,256})(?=[\s\"']|\Z)",
    re.ASCII,
)
_FIELDS = 5
_LAST_WORD = re.compile(r"[\w+/=.~-]{4,}\Z", re.ASCII)
_FIRST_WORD = re.compile(r"[\w+/=.~-]{12,}", re.ASCII)
_TORN = 4096
#: A long text without one of these signs is not searched for the needles that have it.
_SIGNS = '_-.:/$~="'
_LONG = 10_000


def tokens(text: str) -> Iterator[Hit]:
    """Those of ``TOKENS``; looked for in long words alone, all of them at once."""
    words = Extract(text, (found.span() for found in _LONG_WORD.finditer(text)))
    discord = (Hit(*found.span(), "discord-token") for found in _DISCORD.finditer(words.text))
    for hit in (*_found(words.text, TOKENS), *discord):
        start = words.origin(hit.start)
        yield hit._replace(start=start, end=start + hit.end - hit.start)


def places(text: str) -> Iterator[Hit]:
    """Those of ``PLACES``, and lines of a password file."""
    yield from _found(text, PLACES)
    if text.count(":") >= _FIELDS - 1:
        for line in _PGPASS.finditer(text):
            yield Hit(*line.span(1), "pgpass")


def torn_end(text: str) -> list[Hit]:
    """The beginning of a token at the end of a text that goes on elsewhere."""
    word = _LAST_WORD.search(text, max(0, len(text) - _TORN))
    low = word[0].lower() if word else ""
    at = min(
        (low.find(each) for kind in TOKENS for each in kind.needles if each in low), default=-1
    )
    return [Hit(word.start() + at, len(text), "torn")] if word and at >= 0 else []


def torn_start(text: str) -> list[Hit]:
    """What may be the rest of a token, at the beginning of a text that began elsewhere."""
    word = _FIRST_WORD.match(text)
    return [Hit(0, word.end(), "torn")] if word and looks_random(word[0]) else []


def _found(text: str, kinds: tuple[Kind, ...]) -> Iterator[Hit]:
    low = lowered(text)
    missing = [sign for sign in _SIGNS if sign not in low] if len(low) > _LONG else []
    for kind in kinds:
        for needle in kind.needles:
            end = 0
            for at in () if any(map(needle.count, missing)) else positions(low, needle):
                if at >= end and (found := kind.pattern.match(text, at)):
                    start, end = found.span(min(1, kind.pattern.groups))
                    yield Hit(_back(text, start, kind.before), end, kind.name)


def _back(text: str, start: int, most: int) -> int:
    """Where the word begins that ends at ``start``; at most so many characters before."""
    least = max(0, start - most)
    while start > least and (text[start - 1].isalnum() or text[start - 1] in "_-.~"):
        start -= 1
    return start

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.model.ticket import Markup
from repro.ticket.markup import convert

REPORT = r"""**Reproduced**: it *shows* on `debian-12` with a\_b and \*stars\*.

### Facts

- Case: `a-case`
  next line
- Nested:
  1. one
  2. two

| Point | Here |
|---|---|
| OS | a \| b |

```text
$ demo
a *b* {noformat} </pre>
```

> said so

---

See <https://example.com/a_b> and [the *page*](https://example.com)."""

SHOWN: dict[Markup, str] = {
    "textile": """*Reproduced*: it _shows_ on @&#100;ebian-12@ with a_b and &#42;stars&#42;.

h3. Facts

* Case: @&#97;-case@
next line
* Nested:
*# one
*# two

|_. Point|_. Here|
|OS|a &#124; b|

<pre>
$ demo
a *b* {noformat} < /pre>
</pre>

bq. said so

---

See "https&#58;//example.com/a_b":https://example.com/a_b and "the _page_":https://example.com.""",
    "jira": r"""{*}Reproduced{*}: it {_}shows{_} on {{{}debian-12{}}} with a_b and \*stars\*.

h3. Facts

* Case: {{{}a-case{}}}
next line
* Nested:
*# one
*# two

||Point||Here||
|OS|a ¦ b|

{noformat}
$ demo
a *b* { noformat} </pre>
{noformat}

{quote}
said so
{quote}

----

See [https://example.com/a_b|https://example.com/a_b] and [the {_}page{_}|https://example.com].""",
    "plain": """Reproduced: it shows on debian-12 with a_b and *stars*.

Facts
-----

- Case: a-case
  next line
- Nested:
  - one
  - two

Point  |  Here
--------------
OS  |  a | b

    $ demo
    a *b* {noformat} </pre>

> said so

----------------------------------------

See https://example.com/a_b and the page <https://example.com>.""",
}


@pytest.mark.parametrize("markup", SHOWN)
def test_a_report_in_another_markup(markup: Markup) -> None:
    made = convert(REPORT, markup)
    assert made == SHOWN[markup]


def test_markdown_is_left_as_it_is() -> None:
    assert convert(REPORT, "markdown") == REPORT


def test_html_holds_nothing_from_outside() -> None:
    made = convert("a <script>alert(1)</script>\n\n<div onclick=x>\n\n```\n</code>\n```", "html")
    assert "<script" not in made
    assert "<div" not in made
    assert "&lt;/code&gt;" in made


@pytest.mark.parametrize(
    ("text", "textile", "jira"),
    [
        ("h1. x", "h1&#46; x", "h1\u2060. x"),
        ("bq. x", "bq&#46; x", "bq\u2060. x"),
        ("issue #12", "issue &#35;12", "issue \\#12"),
        ("{color:red}", "&#123;color&#58;red&#125;", "\\{color:red\\}"),
        ("[~agent] @agent", "&#91;&#126;agent&#93; &#64;agent", "\\[\\~agent\\] \\@agent"),
        (
            "C:\\temp \\\\server\\",
            "C&#58;\\temp \\\\server\\",
            "C:\\temp \\\u2060\\server\\\u2060",
        ),
        ("pkg:pypi/black", "pkg&#58;pypi/black", "pkg:pypi/black"),
        ("f(x) is odd :) (/)", "f(x) is odd &#58;) (/)", "f\\(x) is odd :\\) \\(/)"),
        ("!a.png!", "&#33;a.png!", "\\!a.png\\!"),
        ("in r12", "in &#114;12", "in r12"),
        ("black-fstring-multiline", "black-fstring-multiline", "black-fstring-multiline"),
        ("2024-11-22 05:04", "2024-11-22 05:04", "2024-11-22 05:04"),
        ("再現しました", "再現しました", "再現しました"),
    ],
)
def test_words_stay_words(text: str, textile: str, jira: str) -> None:
    escaped = "".join(f"\\{sign}" if sign in "#[]*_\\" else sign for sign in text)
    assert convert(escaped, "textile") == textile
    assert convert(escaped, "jira") == jira


@pytest.mark.parametrize("markdown", ["**`a` is odd**", r"**f(x)**", r"*a\\b*"])
def test_what_jira_would_read_twice_is_not_emphasised(markdown: str) -> None:
    assert not convert(markdown, "jira").startswith(("{*}", "{_}"))


def test_a_list_of_words_alone_is_none_in_jira() -> None:
    assert convert(r"\* one", "jira") == r"\* one"
    assert convert(r"\- one", "jira") == r"\- one"


#: Of the signs after a backslash, those that Jira takes for text: Data Center's and the Cloud's
#: ``BackslashEscapeRendererComponent``.
_TAKEN = re.compile(r"(?<!\\)\\([-#*_+?^~|%{}\[\]()!@])")


@given(st.text("ab1:.,;/<&\"'-#*_+?^~|%{}[]()!@\\再", min_size=1, max_size=30))
def test_jira_shows_the_words_and_no_backslash_of_ours(text: str) -> None:
    escaped = "".join(f"\\{sign}" if sign in string.punctuation else sign for sign in text)
    assert _TAKEN.sub(r"\1", convert(escaped, "jira")).replace("\u2060", "") == text


@pytest.mark.parametrize("text", ["{{ticket.comments_formatted}}", "{% for c in x %}", "{{{x}}}"])
def test_zendesk_fills_nothing_in(text: str) -> None:
    for made in (convert(text, "html"), convert(f"```\n{text}\n```", "html")):
        assert "{{" not in made
        assert "{%" not in made


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`@agent` said", "`@\u2060agent` said"),
        ("(@agent)", "(@\u2060agent)"),
        ("再@agent", "再@\u2060agent"),
        ("me@example.com", "me@example.com"),
        ("@ noon", "@ noon"),
        ("```\n@pytest.fixture\n```\n\n@agent", "```\n@pytest.fixture\n```\n\n@\u2060agent"),
        ("````\n```\n@agent\n````", "````\n```\n@\u2060agent\n````"),
    ],
)
def test_redmine_tells_nobody_of_markdown(text: str, shown: str) -> None:
    assert convert(text, "redmine-markdown") == shown


@given(st.text(), st.sampled_from(["html", "textile", "jira", "plain", "redmine-markdown"]))
def test_any_text_can_be_written(text: str, markup: Markup) -> None:
    convert(text, markup)


@given(st.text("ab \n`~<>/{}prenofmat", max_size=60), st.sampled_from(["textile", "jira"]))
def test_a_block_ends_where_it_ends(text: str, markup: Markup) -> None:
    fence = "`" * 61
    made = convert(f"{fence}\n{text}\n{fence}\n\nafter", markup)
    end = "</pre>" if markup == "textile" else "{noformat}"
    assert made.endswith(f"\n{end}\n\nafter")
    assert made.count(end) == (1 if markup == "textile" else 2)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.intake.hypertext import readable
from tests.unit.intake.shelf import drafted

RICH = """<p>We use <strong>black 24.4.2</strong> on Debian&nbsp;12.</p>
<pre><code class="bash">$ black --check mail.py
error: cannot format mail.py: Cannot parse: 1:4: f&#39;{1 &lt; 2}</code></pre>
<p>mail.py is:</p>
<pre>
<code class="hljs language-python">x = f&quot;{1 &lt; 2}&quot;
</code></pre>
<p>Expected: it is formatted.</p>
"""


def test_a_draft_of_html_is_that_of_its_words() -> None:
    text = drafted(RICH, "black refuses a file").text
    assert "os: debian-12" in text
    assert "version: 24.4.2" in text
    assert "run: black --check mail.py" in text
    assert 'x = f"{1 < 2}"' in text
    assert r"f'{1 < 2}" in text.replace("''", "'").replace("\\", "")
    assert "&" not in text
    assert "<p>" not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<p>one\n  two</p><p>three</p>", "one two\n\n\n\nthree"),
        ("<div>a<br>b</div>", "a\nb"),
        ("<ul><li>a</li><li>b <code>c</code></li></ul>", "- a\n- b `c`"),
        ("<h3>Steps</h3>", "## Steps"),
        ("<table><tr><th>OS</th><td>Debian 12</td></tr></table>", "OS | Debian 12 |"),
        ("<html><head><title>x</title><style>p { }</style></head><p>a</p></html>", "a"),
        ("<p>a<!-- no --></p>", "a"),
        ("<pre>a  b\n c<br>d</pre>", "```\na  b\n c\nd\n```"),
        ("<p>&lt;script&gt; &amp;amp;</p>", "<script> &amp;"),
        ("<p>1 < 2</p>", "1 < 2"),
    ],
)
def test_lines_are_as_people_see_them(text: str, shown: str) -> None:
    assert readable(text).strip() == shown


@pytest.mark.parametrize(
    "text",
    [
        "plain & simple",
        "<details>\n\n```\n&lt;\n```\n</details>",
        "<p>Markdown that begins with a paragraph</p>\n\n    code\n\nand goes on",
        "<mail@example.com> wrote: <b>",
    ],
)
def test_what_is_not_wholly_html_is_left_as_it_is(text: str) -> None:
    assert readable(text) == text


TAGS = ["p", "/p", "pre", "/pre", "code class='k'", "/code", "br/", "li", "td", "/td", "!-- -->"]


@given(st.lists(st.sampled_from([*(f"<{tag}>" for tag in TAGS), "word", " ", "\n", "&lt;", ">"])))
def test_no_word_is_lost_between_tags(parts: list[str]) -> None:
    made = readable("<p>" + "".join(parts) + "</p>")
    assert made.count("word") == parts.count("word")
    assert made.count("<") == parts.count("&lt;")


@given(st.text("<>!-/pre style'\"=&#0;", max_size=80))
def test_anything_is_read(text: str) -> None:
    assert len(readable(f"<p>{text}</p>")) <= 8 * len(text) + 40

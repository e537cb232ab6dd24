"""Answers as models write them, and what has to be in the HTML that markdown-it makes of them."""

ORDINARY = {
    "heading": ("# Title\n\n## Part *two*", ["<h1>Title</h1>", "<h2>Part <em>two</em></h2>"]),
    "emphasis": ("**bold** _it_ ~~no~~", ["<strong>bold</strong>", "<em>it</em>", "<s>no</s>"]),
    "list": ("- a\n- b\n  - c", ["<li>a</li>", "<li>b\n<ul>\n<li>c</li>"]),
    "task list": ("- [ ] a\n- [x] b", ["<li>[ ] a</li>", "<li>[x] b</li>"]),
    "numbered list with code": (
        "1. First:\n\n   ```python\n   if a < 3:\n       pass\n   ```\n\n2. Second",
        [
            '<code class="language-python">if a &lt; 3:\n    pass\n</code>',
            "<p>Second</p>",
        ],
    ),
    "list with markup in code": (
        "- Use\n  ```html\n  <b>x</b>\n  ```\n- then",
        ["<pre><code>&#60;b&#62;x&#60;&#47;b&#62;&#10;</code></pre>", "<li>then</li>"],
    ),
    "html fence": (
        "Page:\n```html\n<div class='a'>\n\n$x$ `y`</div>\n```\nDone.",
        [
            "<code class=\"language-html\">&lt;div class='a'&gt;\n\n$x$ `y`&lt;/div&gt;\n</code>",
            "<p>Done.</p>",
        ],
    ),
    "fence in a fence": (
        "````markdown\n```python\nx\n```\n````",
        ['<code class="language-markdown">```python\nx\n```\n</code>'],
    ),
    "c++ fence": ("```c++\nvector<int> v;\n```", ['class="language-c++"']),
    "latex fence": (
        "```latex\n\\begin{align}a\\end{align}\n```",
        ["&#92;begin&#123;align&#125;a&#92;end"],
    ),
    "table": (
        "| a | b |\n|---|:-:|\n| `x \\| y` | `p<q \\| r` |",
        ["<th>a</th>", "<code>x | y</code>", "<code>p&lt;q | r</code>"],
    ),
    "line break in a table": ("|a|b|\n|-|-|\n|x<br>y|z|", ["<td>x<br>y</td>"]),
    "quote with fence": (
        "> Note:\n>\n> ```python\n> x = 1\n> ```\n\nafter",
        ['<code class="language-python">x = 1\n</code></pre>\n</blockquote>', "<p>after</p>"],
    ),
    "link": (
        '[docs](https://en.wikipedia.org/wiki/A_(b)?x=1&y=2#z "the title")',
        ['<a href="https://en.wikipedia.org/wiki/A_%28b%29?x=1&amp;y=2#z" title="the title">docs'],
    ),
    "reference link": (
        "See [docs][1] and [more].\n\n[1]: https://a.test/x\n[more]: https://b.test 'b'",
        ['<a href="https://a.test/x">docs</a>', '<a href="https://b.test" title="b">more</a>'],
    ),
    "autolink and mail": (
        "<https://a.test/x_y> [mail](mailto:a@b.test)",
        ['<a href="https://a.test/x_y">https://a.test/x_y</a>', 'href="mailto:a@b.test"'],
    ),
    "bare address": ("Go to https://a.test/b_c_d, now", ["https://a.test/b_c_d, now"]),
    "inline math": (
        r"\(a < b\), \( x_1 \) and $f'(x)$",
        [r"$a \lt b$", "$x_1$", "$f'(x)$"],
    ),
    "display math": (
        "\\[\nE = mc^2 \\\\[2pt]\n\\]\n\n$$\nx\n$$",
        ["$$E = mc^2 \\[2pt]$$", "$$x$$"],  # markdown-it itself takes one backslash
    ),
    "environment": (
        "\\begin{align}\na &= b\n\\end{align}",
        [r"\begin{align}a &amp;= b\end{align}"],
    ),
    "money": (
        "It costs $5 and $6, or \\$7 to $8.50.",
        ["<span>$</span>5 and <span>$</span>6, or <span>$</span>7 to"],
    ),
    "shell in prose": (
        "Use `$HOME` or $PATH.",
        ["<code>$HOME</code> or <span>$</span>PATH"],
    ),
    "generics": (
        "A List<int> and `Map<K, V>`; a < b > c.",
        ["A List&lt;int&gt; and <code>Map&lt;K, V&gt;</code>; a &lt; b &gt; c."],
    ),
    "details-looking text": (
        "Write <details> and </details>.",
        ["Write &lt;details&gt; and &lt;/details&gt;."],
    ),
    "code spans": ("`a` ``b`c`` `` ` ``", ["<code>a</code>", "<code>b`c</code>"]),
    "escapes": (r"\*not\* \_it\_ \# x\] C:\dir", ["*not* _it_ # x] C:\\dir"]),
    "indented code": (
        "Text:\n\n    x = 1\n    y",
        ["<pre><code>x &#61; 1&#10;y&#10;</code></pre>"],
    ),
    "subscript": ("H<sub>2</sub>O, press <kbd>Ctrl</kbd>", ["H<sub>2</sub>O", "<kbd>Ctrl</kbd>"]),
    "emoji and CJK": (
        "家族 👨‍👩‍👧 ❤️ 你好，**世界**。",
        ["👨‍👩‍👧", "❤️", "你好，<strong>世界</strong>。"],
    ),
    "rule and hard break": ("a  \nb\n\n---\n\nc", ["a<br />\nb", "<hr />"]),
    "image": (
        "![a cat](https://pics.test/cat.png) ![](https://pics.test/x)",
        [
            '<a href="https://pics.test/cat.png">image: a cat</a> (pics.test)',
            '<a href="https://pics.test/x">image</a> (pics.test)',
        ],
    ),
}

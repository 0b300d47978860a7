"""The security headers and the owner's cookie, on a small application of one text and one page."""

import asyncio
import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from streamlit import file_util

from seqviz.errors import InputError, SeqVizError
from seqviz.ui.shell.headers import SecurityHeaders, embedders, inline_script_hashes
from seqviz.ui.shell.sessions import COOKIE, Message, OwnerCookie

MOODLE = "https://moodle.example.org"
LOOSE = {"X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "unsafe-url"}
SMALL = Starlette(
    routes=[
        Route("/", lambda _request: HTMLResponse("<p>A page</p>")),
        Route("/text", lambda _request: PlainTextResponse("A text", headers=LOOSE)),
    ]
)


@dataclass
class Client:
    """Sends requests to the small application as a web server would."""

    embed: str = ""
    scheme: str = "http"

    def headers(self, path: str = "/", **headers: str) -> dict[str, list[str]]:
        """The headers of the answer, each with every value it has."""
        framed = embedders(self.embed)
        app = SecurityHeaders(OwnerCookie(SMALL, embedded=bool(framed)), framed)
        sent = {"host": "testserver", **headers}
        scope = {
            "type": "http",
            "method": "GET",
            "scheme": self.scheme,
            "path": path,
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()],
        }
        answer: dict[str, list[str]] = {}

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            for name, value in message.get("headers", ()):
                answer.setdefault(name.decode(), []).append(value.decode())

        asyncio.run(app(scope, receive, send))
        return answer

    def directives(self, **headers: str) -> dict[str, list[str]]:
        (policy,) = self.headers(**headers)["content-security-policy"]
        return {name: sources for name, *sources in (directive.split() for directive in policy.split("; "))}

    def cookie(self, **headers: str) -> set[str]:
        """The attributes that the new cookie has."""
        (cookie,) = self.headers(**headers)["set-cookie"]
        name, *attributes = cookie.split("; ")
        assert re.fullmatch(f"{COOKIE}=[0-9a-f]{{32}}", name)
        return set(attributes)


@pytest.mark.parametrize("path", ["/", "/text", "/nowhere"])
def test_every_answer_carries_the_headers_once(path: str) -> None:
    headers = Client().headers(path)
    assert headers["x-frame-options"] == ["DENY"]
    assert headers["referrer-policy"] == ["no-referrer"]
    assert headers["x-content-type-options"] == ["nosniff"]
    assert len(headers["content-security-policy"]) == 1


def test_nothing_runs_or_loads_but_what_the_app_brings() -> None:
    allowed = Client().directives()
    assert allowed["default-src"] == allowed["object-src"] == allowed["frame-ancestors"] == ["'none'"]
    assert allowed["base-uri"] == allowed["form-action"] == ["'self'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "'wasm-unsafe-eval'", "data:", "*"} & set(allowed["script-src"])
    sources = {source for name in allowed if name != "connect-src" for source in allowed[name]}
    assert not any("//" in source or "*" in source for source in sources), "another host"


def test_the_scripts_within_streamlits_page_are_allowed_by_their_hashes() -> None:
    html = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    hashes = inline_script_hashes(html)
    assert "prerenderReady" in html
    assert len(hashes) == len(re.findall("<script>", html)) == 1
    assert hashes[0] in Client().directives()["script-src"]


def test_a_hash_is_of_what_stands_between_the_tags() -> None:
    script = "\n  go()\n"
    expected = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    html = f'<script type="module" src="./a.js"></script>\n<script type="module">{script}</script>'
    assert inline_script_hashes(html) == (f"'sha256-{expected}'",)


@pytest.mark.parametrize("host", ["testserver", "127.0.0.1:8501", "seqviz.school.example", "localhost:8501"])
def test_the_page_may_connect_to_the_host_it_came_from(host: str) -> None:
    assert Client().directives(host=host)["connect-src"] == ["'self'", f"ws://{host}", f"wss://{host}"]


@pytest.mark.parametrize("host", ["", "a b", "a;script-src *", "a,b", "evil.example/x", "*", "*.example", "[::1]:8501"])
def test_a_host_that_is_none_adds_nothing_to_the_policy(host: str) -> None:
    allowed = Client().directives(host=host)
    assert allowed == {**Client().directives(), "connect-src": ["'self'"]}


def test_the_named_sites_may_embed_the_app() -> None:
    embedded = Client(f"{MOODLE}  http://localhost:8080")
    assert embedded.directives()["frame-ancestors"] == ["'self'", MOODLE, "http://localhost:8080"]
    assert "x-frame-options" not in embedded.headers()
    assert embedded.headers("/text")["referrer-policy"] == ["no-referrer"]


@pytest.mark.parametrize("setting", ["", "   "])
def test_without_the_setting_nobody_may(setting: str) -> None:
    assert embedders(setting) == ()


@pytest.mark.parametrize(
    "value",
    [
        "moodle.example.org",
        "*",
        "https://*.example.org",
        "https://moodle.example.org/",
        "https://moodle.example.org/course",
        "https://moodle.example.org:port",
        "https://",
        "'self'",
        "javascript:alert(1)",
        "https://a.example;script-src",
        "https://a.example,https://b.example",
        "https://[::1]:8501",
        "https://moodle\u212aexample.org",
    ],
)
def test_what_is_no_origin_is_refused(value: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"SEQVIZ_EMBED names {value!r}, which is no origin")) as caught:
        embedders(f"{MOODLE} {value}")
    assert isinstance(caught.value, SeqVizError)
    assert f"as in {MOODLE}" in str(caught.value)


PLAIN = {"Path=/", "HttpOnly", "Max-Age=31536000"}


@pytest.mark.parametrize("embed", ["", MOODLE])
def test_the_cookie_over_http(embed: str) -> None:
    assert Client(embed).cookie() == PLAIN | {"SameSite=Lax"}
    assert Client(embed).cookie(x_forwarded_proto="http") == PLAIN | {"SameSite=Lax"}
    assert Client(embed).cookie(x_forwarded_proto="http, https") == PLAIN | {"SameSite=Lax"}


def test_the_cookie_over_https() -> None:
    assert Client(scheme="https").cookie() == PLAIN | {"SameSite=Lax", "Secure"}
    assert Client(MOODLE, scheme="https").cookie() == PLAIN | {"SameSite=None", "Secure"}


@pytest.mark.parametrize("proxied", ["https", "HTTPS", "https, http"])
def test_the_cookie_behind_a_proxy_that_speaks_https(proxied: str) -> None:
    assert Client().cookie(x_forwarded_proto=proxied) == PLAIN | {"SameSite=Lax", "Secure"}
    assert Client(MOODLE).cookie(x_forwarded_proto=proxied) == PLAIN | {"SameSite=None", "Secure"}


def test_a_browser_that_has_a_cookie_keeps_it_and_a_text_gives_none() -> None:
    assert "set-cookie" not in Client().headers(cookie=f"{COOKIE}={'0' * 32}")
    assert "set-cookie" not in Client().headers("/text")


def test_a_websocket_passes_through() -> None:
    seen: list[Message] = []

    async def app(scope: Message, *_channels: object) -> None:
        seen.append(scope)

    scope = {"type": "websocket", "scheme": "ws", "path": "/", "headers": []}
    asyncio.run(SecurityHeaders(OwnerCookie(app))(scope, None, None))
    assert seen == [scope]

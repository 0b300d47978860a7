"""The server's security headers: what a page may load, and which other sites may show it in a frame."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from streamlit import file_util

from seqviz.errors import InputError
from seqviz.ui.shell.sessions import App, Message, Receive, Send

_HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?"  # a policy cannot name an IPv6 address
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


class SecurityHeaders:
    """ASGI middleware: sets the Content-Security-Policy and its companions on every HTTP response."""

    def __init__(self, app: App, embedders: Sequence[str] = ()) -> None:
        self.app = app
        self.embedders = tuple(embedders)
        index = Path(file_util.get_static_dir()) / "index.html"
        self.hashes = inline_script_hashes(index.read_text(encoding="utf-8"))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        ours = self._headers(host)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [pair for pair in message.get("headers", ()) if pair[0].lower() not in ours]
                message["headers"] = [*others, *ours.items()]
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _headers(self, host: str) -> dict[bytes, bytes]:
        headers = {
            b"content-security-policy": policy(host, self.hashes, self.embedders).encode("ascii"),
            b"referrer-policy": b"no-referrer",
            b"x-content-type-options": b"nosniff",
        }
        if not self.embedders:  # X-Frame-Options cannot name a site that may
            headers[b"x-frame-options"] = b"DENY"
        return headers


def policy(host: str, script_hashes: Iterable[str], embedders: Sequence[str]) -> str:
    """The Content-Security-Policy for a request to this `Host`.

    Text that gets into a page as markup can run no script, and a page fetches nothing from other hosts.
    """
    # 'self' does not cover WebSockets in Safari before 15.4; behind a proxy, http here can be https in the browser.
    sockets = (f"ws://{host}", f"wss://{host}") if re.fullmatch(_HOST, host) else ()
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", "blob:", *script_hashes],  # blob: is how Streamlit imports a component's JavaScript
        "style-src": ["'self'", "'unsafe-inline'"],  # Emotion, Plotly, KaTeX and st.html all style inline
        "img-src": ["'self'", "data:", "blob:"],  # st.html's pictures are data:, Plotly saves a chart through blob:
        "font-src": ["'self'", "data:"],  # one of KaTeX's fonts lies within its style sheet
        "connect-src": ["'self'", *sockets],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'", *embedders] if embedders else ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def inline_script_hashes(html: str) -> tuple[str, ...]:
    """The sources that permit exactly the inline scripts of this page.

    >>> inline_script_hashes("<script>go()</script><script src='./more.js'></script>")
    ("'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='",)
    """
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(html))
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def embedders(setting: str) -> tuple[str, ...]:
    """The origins in `SEQVIZ_EMBED` that may show the app in a frame.

    >>> embedders("https://moodle.example.org http://localhost:8080")
    ('https://moodle.example.org', 'http://localhost:8080')

    Raises:
        InputError: one of them is no origin.
    """
    origins = tuple(setting.split())
    for origin in origins:
        if not re.fullmatch(f"https?://{_HOST}", origin):
            raise InputError(
                f"SEQVIZ_EMBED names {origin!r}, which is no origin: write http:// or https://, a host and perhaps a "
                "port, nothing after them, as in https://moodle.example.org, with spaces between several."
            )
    return origins

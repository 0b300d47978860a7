"""Who is who: a cookie that tells browsers apart, so that a run keeps its owner through a refresh."""

import hashlib
import os
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import streamlit as st

from seqviz.errors import SpecError
from seqviz.jobs.visitors import Visitor

COOKIE = "seqviz_owner"
_TOKEN = re.compile(rb"seqviz_owner=[0-9a-f]{32}")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class OwnerCookie:
    """ASGI middleware: gives each browser a random token with the first page it loads.

    `embedded`: pages of other sites may show the app in a frame, where a `SameSite=Lax` cookie would not be sent.
    """

    def __init__(self, app: App, embedded: bool = False) -> None:
        self.app = app
        self.embedded = embedded

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        known = any(name == b"cookie" and _TOKEN.search(value) for name, value in scope.get("headers", ()))
        if scope["type"] != "http" or known:
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            headers = dict(message.get("headers", ()))
            if message["type"] == "http.response.start" and headers.get(b"content-type", b"").startswith(b"text/html"):
                cookie = self._new_cookie(secure=_is_https(scope))
                message["headers"] = [*message["headers"], (b"set-cookie", cookie.encode())]
            await send(message)

        await self.app(scope, receive, send_with_cookie)

    def _new_cookie(self, *, secure: bool) -> str:
        """A `Set-Cookie` value; browsers refuse `SameSite=None` without `Secure`."""
        same_site = "None" if self.embedded and secure else "Lax"
        cookie = f"{COOKIE}={secrets.token_hex(16)}; Path=/; HttpOnly; SameSite={same_site}; Max-Age=31536000"
        return f"{cookie}; Secure" if secure else cookie


def _is_https(scope: Message) -> bool:
    """Whether the browser came by https, to this server or to the proxy before it."""
    if scope.get("scheme") in ("https", "wss"):
        return True
    proxied = next((value for name, value in scope.get("headers", ()) if name == b"x-forwarded-proto"), b"")
    return proxied.split(b",")[0].strip().lower() == b"https"  # of a chain of proxies the first met the browser


def is_shared() -> bool:
    """Whether visitors are told apart: the setting `SEQVIZ_SHARED`; without it, whether others can reach the server.

    Raises:
        SpecError: the setting is neither 1 nor 0.
    """
    chosen = os.environ.get("SEQVIZ_SHARED", "").strip()
    if chosen not in ("", "0", "1"):
        raise SpecError([f"SEQVIZ_SHARED is {chosen!r}; set it to 1 or 0, or leave it out"])
    if chosen:
        return chosen == "1"
    return st.get_option("server.address") not in ("127.0.0.1", "::1", "localhost")


def visitor() -> Visitor:
    """Who is looking at this page."""
    return Visitor(badge(), is_shared())


def badge() -> str:
    """What a run remembers its owner by: a digest of the token, which itself is written nowhere.

    All browsers are one person's where the server is.
    """
    if not is_shared():
        return "own"
    return hashlib.sha256(_token().encode()).hexdigest()[:16]


def _token() -> str:
    """The token of this browser; of this session where there are no cookies."""
    token = st.context.cookies.get(COOKIE)
    if isinstance(token, str) and re.fullmatch(r"[0-9a-f]{32}", token):
        return token
    return st.session_state.setdefault("owner", secrets.token_hex(16))

"""The front door: `streamlit run app.py`."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from seqviz.errors import SeqVizError
from seqviz.ui.shell.headers import SecurityHeaders, embedders
from seqviz.ui.shell.sessions import OwnerCookie

try:
    EMBEDDERS = embedders(os.environ.get("SEQVIZ_EMBED", ""))
except SeqVizError as error:
    sys.exit(str(error))  # without the traceback


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Stop running jobs, each with a checkpoint, before the server goes down."""
    from seqviz.ui.shell.caches import jobs

    queue = jobs()
    yield
    queue.shutdown()


app = st.App(
    "pages/navigation.py",
    lifespan=lifespan,
    middleware=[
        Middleware(SecurityHeaders, embedders=EMBEDDERS),
        Middleware(OwnerCookie, embedded=bool(EMBEDDERS)),
    ],
)

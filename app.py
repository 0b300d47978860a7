"""The front door: `streamlit run app.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from seqviz.ui.shell.sessions import OwnerCookie


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Stop running jobs, each with a checkpoint, before the server goes down."""
    from seqviz.ui.shell.caches import jobs

    queue = jobs()
    yield
    queue.shutdown()


app = st.App("pages/navigation.py", lifespan=lifespan, middleware=[Middleware(OwnerCookie)])

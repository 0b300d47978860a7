"""The front door: `streamlit run app.py`."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
# Before NumPy and PyTorch are loaded: pages compute little at a time and many at once, and an idle thread of
# OpenBLAS spins. Measured on Attribution: 30 ms of 115 an answer.
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from seqviz.errors import SeqVizError
from seqviz.jobs.housekeeping import Housekeeping
from seqviz.jobs.settings import Limits
from seqviz.machine import share_freed_memory
from seqviz.ui.shell import warm_up
from seqviz.ui.shell.headers import SecurityHeaders, embedders
from seqviz.ui.shell.sessions import OwnerCookie, is_shared
from seqviz.workers import server

share_freed_memory()
try:
    EMBEDDERS = embedders(os.environ.get("SEQVIZ_EMBED", ""))
    LIMITS = Limits.of_server(is_shared())
    SCHEDULER = server.scheduler_of_environment()
except SeqVizError as error:
    sys.exit(str(error))  # a wrong setting, said without the traceback


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Start the workers, and load what pages need while the browser loads; at the end stop what is under way."""
    server.start(LIMITS.running, LIMITS.run_memory, LIMITS.niceness, SCHEDULER)
    housekeeping = Housekeeping(warm_up.queue, warm_up.load_first, warm_up.load_rest)
    housekeeping.start()
    yield
    housekeeping.stop()
    server.stop()


app = st.App(
    "pages/navigation.py",
    lifespan=lifespan,
    middleware=[
        Middleware(SecurityHeaders, embedders=EMBEDDERS),
        Middleware(OwnerCookie, embedded=bool(EMBEDDERS)),
    ],
)

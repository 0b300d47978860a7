"""Whose the server is: told apart where others can reach it."""

import pytest
import streamlit as st

from seqviz.errors import SpecError
from seqviz.jobs.visitors import Visitor
from seqviz.ui.shell.sessions import is_shared


@pytest.mark.parametrize(
    ("setting", "address", "shared"),
    [
        ("", "127.0.0.1", False),
        ("", "localhost", False),
        ("", "0.0.0.0", True),
        ("", None, True),
        ("", "192.168.1.5", True),
        ("1", "127.0.0.1", True),
        ("0", "0.0.0.0", False),
    ],
)
def test_a_server_that_others_can_reach_is_shared(monkeypatch, setting, address, shared):
    monkeypatch.setenv("SEQVIZ_SHARED", setting)
    before = st.get_option("server.address")
    st.config._set_option("server.address", address, "a test")
    try:
        assert is_shared() is shared
    finally:
        st.config._set_option("server.address", before, "a test")


def test_a_setting_that_is_neither_is_said(monkeypatch):
    """Behind a proxy, a server that took "true" for nothing would take all visitors for one."""
    monkeypatch.setenv("SEQVIZ_SHARED", "true")
    with pytest.raises(SpecError, match="SEQVIZ_SHARED is 'true'; set it to 1 or 0"):
        is_shared()


def test_what_ships_is_everybodys_and_what_is_brought_is_its_owners():
    ann = Visitor("ann")
    for dataset in ("digits", "mnist", "python", "shakespeare"):
        assert ann.may_see("ben", dataset, shared=False)
    for dataset in ("own-0123456789ab", "a file.txt", ""):
        assert not ann.may_see("ben", dataset, shared=False)
        assert not ann.may_see("", dataset, shared=False)
        assert ann.may_see("ann", dataset, shared=False)
        assert ann.may_see("ben", dataset, shared=True)
        assert Visitor("ann", shared=False).may_see("ben", dataset, shared=False)

"""The main script: which pages there are, and what surrounds them."""

from pathlib import Path

import streamlit as st

from seqviz.ui.shell import warm_up
from seqviz.ui.shell.contents import GROUPS, HOME

ICON = Path(__file__).parents[1] / "docs" / "icon.png"  # a file: material icons would be fetched from the network
st.set_page_config(page_title="SeqViz", page_icon=str(ICON), layout="wide", initial_sidebar_state="auto")

page = st.navigation(
    {
        group: [
            st.Page(
                page.file,
                title=page.title,
                icon=f":material/{page.icon}:",
                url_path=page.key if page != HOME else None,
                default=page == HOME,
            )
            for page in pages
        ]
        for group, pages in GROUPS.items()
    },
    position="top",
)
warm_up.load_page(page.url_path or HOME.key)
page.run()

"""The main script: which pages there are, and what surrounds them."""

from pathlib import Path

import streamlit as st

ICON = Path(__file__).parents[1] / "docs" / "icon.png"  # a file: material icons would be fetched from the network
st.set_page_config(page_title="SeqViz", page_icon=str(ICON), layout="wide", initial_sidebar_state="auto")

page = st.navigation(
    [
        st.Page("home.py", title="SeqViz", icon=":material/timeline:", default=True),
        st.Page("hidden_states.py", title="Hidden states", icon=":material/memory:", url_path="hidden-states"),
        st.Page("gates.py", title="Gates", icon=":material/tune:", url_path="gates"),
        st.Page("gradient_flow.py", title="Gradient flow", icon=":material/waterfall_chart:", url_path="gradient-flow"),
        st.Page("heads.py", title="Heads", icon=":material/call_split:", url_path="heads"),
        st.Page("attribution.py", title="Attribution", icon=":material/search_insights:", url_path="attribution"),
        st.Page("sampling.py", title="Sampling", icon=":material/edit_note:", url_path="sampling"),
        st.Page("train.py", title="Train", icon=":material/model_training:", url_path="train"),
    ],
    position="top",
)
page.run()

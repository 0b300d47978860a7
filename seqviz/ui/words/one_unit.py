"""One unit of a reader: what its gates do, word by word."""

import streamlit as st

from seqviz.data.vocabulary import visible
from seqviz.figures.simulated_unit import simulated_unit_figure
from seqviz.networks.unroll import Direction
from seqviz.specs import GATES
from seqviz.ui.shell.frame import mode
from seqviz.ui.shell.url import pick, whole
from seqviz.ui.words.subject import Subject

TITLE = "One unit: its gates, word by word"
PARAMETERS = ("read_direction", "read_unit")
READERS: dict[Direction, str] = {"forward": "from the start", "backward": "from the end"}


def show(subject: Subject) -> None:
    """The gates and the state of one unit of the last layer, of the text as it is."""
    encoder, reading = subject.network.spec.encoder, subject.reading
    last = [trace for trace in reading.trace.layers if trace.layer == encoder.num_layers - 1]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        directions = [trace.direction for trace in last]
        reader = pick("Reads", directions, "read_direction", names=READERS)
        unit = whole("Unit", "read_unit", high=encoder.hidden_size - 1, width=130)
    signals = last[directions.index(reader)]
    states = {"hidden": signals.hidden} | ({} if signals.cell is None else {"cell": signals.cell})
    courses = {name: values[0, :, unit].tolist() for name, values in {**signals.gates, **states}.items()}
    title = f"Unit {unit} of the reader {READERS[reader]}"
    words = [visible(word) for word in reading.words]
    st.plotly_chart(simulated_unit_figure(courses, mode(), title, words), key="one unit", theme=None)
    if "forget" in GATES[encoder.cell]:
        st.markdown(
            r"$c_t = f_t \odot c_{t-1} + i_t \odot g_t$, $\;h_t = o_t \odot \tanh c_t$: a forget gate near 1 keeps."
        )
    elif "update" in GATES[encoder.cell]:
        st.markdown(r"$h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t$: an update gate near 1 keeps.")
    if reader == "backward":
        st.caption("This reader comes from the right: what it remembers at a word, it has read behind that word.")

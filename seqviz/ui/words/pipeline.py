"""From a text to what the recurrent layers read, one step under the other."""

import pandas as pd
import streamlit as st
import torch

from seqviz.data.batch import Batch
from seqviz.data.words import UNKNOWN, WordVocabulary
from seqviz.ui.words.subject import Subject, held_out

TITLE = "From text to numbers: tokens, ids, vectors, lengths"
BESIDE = 2  # other reviews in the batch
SHOWN = 24  # steps of it


def show(subject: Subject) -> None:
    """The text, its tokens, their ids and vectors, and the text in a batch with longer and shorter ones."""
    model = subject.network.model
    vocabulary = WordVocabulary(subject.network.spec.words or ())
    tokens = vocabulary.encode(subject.words)
    st.markdown("**1 · Text**")
    st.text(subject.text)
    st.markdown("**2 · Tokens.** Small letters; words stay whole, every other sign stands alone.")
    st.text(" | ".join(subject.words))
    st.markdown(
        f"**3 · Ids and 4 · vectors.** A token's id is its place among the {len(vocabulary):,} words that the network "
        f"knows; 1 is `<unk>`, for all others. The id is the row of `embedding.weight`, a vector of "
        f"{subject.network.spec.input.size} entries."
    )
    with torch.no_grad():
        vectors = model.embed(tokens[None])[0]
    limit = float(vectors.abs().max())
    known = [word if word in vocabulary else UNKNOWN for word in subject.words]
    table = {"token": subject.words, "read as": known, "id": tokens.tolist(), "vector": vectors.tolist()}
    vector = st.column_config.BarChartColumn(y_min=-limit, y_max=limit, width="large")
    st.dataframe(pd.DataFrame(table), hide_index=True, column_config={"vector": vector}, key="pipeline vectors")
    st.markdown(
        "**5 · Lengths.** In a batch the texts stand side by side, filled up with 0, `<pad>`, to the longest; "
        "`lengths` says where each one ends, so that packing reads no padding."
    )
    others = [vocabulary.encode(review.words) for review in held_out()[:BESIDE]]
    batch = Batch.collate([tokens, *others], torch.zeros(1 + len(others)))
    assert batch.lengths is not None
    columns = {str(step + 1): batch.inputs[:, step].tolist() for step in range(min(SHOWN, batch.time))}
    names = ["this text", *(f"review {number}" for number in range(BESIDE))]
    rows = pd.DataFrame({"text": names, "lengths": batch.lengths.tolist(), **columns})
    st.dataframe(rows, hide_index=True, key="pipeline lengths")
    if batch.time > SHOWN:
        st.caption(f"The first {SHOWN} of {batch.time} steps.")

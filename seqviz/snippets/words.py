"""Programs that let a network read words."""

from collections.abc import Sequence

from seqviz.palette import CELL_NAMES
from seqviz.snippets.parts import relative
from seqviz.snippets.subjects import Network


def word_by_word(network: Network, words: Sequence[str]) -> str:
    """The answer after each word from the start, and from the end: every prefix and every suffix, packed."""
    encoder = network.spec.encoder
    both = ", bidirectional=True" if encoder.bidirectional else ""
    dropout = f", num_layers={encoder.num_layers}" if encoder.num_layers > 1 else ""
    read = "state[-2:].transpose(0, 1).flatten(1)" if encoder.bidirectional else "state[-1]"
    return f"""import torch
from torch.nn.utils.rnn import pack_sequence

from seqviz import load_checkpoint

words = {list(words)!r}
checkpoint = load_checkpoint("{relative(network)}")
vocabulary, weights = checkpoint.model.words, checkpoint.weights  # the first words are <pad> and <unk>
tokens = torch.tensor([vocabulary.index(word) if word in vocabulary else 1 for word in words])

vectors = weights["embedding.weight"][tokens]  # (words, {network.spec.input.size})
rnn = torch.nn.{CELL_NAMES[encoder.cell]}({network.spec.input.size}, {encoder.hidden_size}{dropout}{both})
rnn.load_state_dict({{name[8:]: w for name, w in weights.items() if name.startswith("encoder.")}})


def score(texts):
    with torch.no_grad():
        _, state = rnn(pack_sequence(texts, enforce_sorted=False))
        state = state[0] if isinstance(state, tuple) else state  # an LSTM has (h_n, c_n)
        return ({read} @ weights["head.weight"].T + weights["head.bias"]).squeeze(1)


forward = score([vectors[: end + 1] for end in range(len(words))]).sigmoid()
backward = score([vectors[start:] for start in range(len(words))]).sigmoid()
for word, one, other in zip(words, forward.tolist(), backward.tolist()):
    print(f"{{word:12}} up to here: {{one:.3f}}   from here on: {{other:.3f}}")
"""

"""Programs that let a network read words."""

from collections.abc import Mapping, Sequence

from seqviz.palette import CELL_NAMES
from seqviz.snippets.parts import relative, tokens_of
from seqviz.snippets.subjects import Network
from seqviz.specs import HeadKind


def word_by_word(network: Network, words: Sequence[str]) -> str:
    """The answer after each word from the start, and from the end: every prefix and every suffix, packed."""
    kind = network.spec.head.kind
    packing = "pack_sequence" if kind == "last" else "pack_sequence, pad_packed_sequence"
    return f"""import torch
from torch.nn.utils.rnn import {packing}

from seqviz import load_checkpoint

{_begin(network, words)}
vectors = weights["embedding.weight"][tokens]  # (words, {network.spec.input.size})


def score(texts):
    with torch.no_grad():
        states, state = rnn(pack_sequence(texts, enforce_sorted=False))
        {_READINGS[kind]}
        return (read @ weights["head.weight"].T + weights["head.bias"]).squeeze(1)


forward = score([vectors[: end + 1] for end in range(len(words))]).sigmoid()
backward = score([vectors[start:] for start in range(len(words))]).sigmoid()
for word, one, other in zip(words, forward.tolist(), backward.tolist()):
    print(f"{{word:12}} up to here: {{one:.3f}}   from here on: {{other:.3f}}")
"""


_READINGS: Mapping[HeadKind, str] = {
    "last": "read = last(state)",
    "mean": """states, lengths = pad_packed_sequence(states, batch_first=True)  # zeros behind the end
        read = states.sum(dim=1) / lengths[:, None]""",
    "max": """states, _ = pad_packed_sequence(states, batch_first=True, padding_value=-torch.inf)
        read = states.amax(dim=1)""",
    "attention": """states, lengths = pad_packed_sequence(states, batch_first=True)
        behind = torch.arange(states.shape[1]) >= lengths[:, None]
        attention = (states @ weights["head.query"]).masked_fill(behind, -torch.inf).softmax(dim=1)
        read = (attention[..., None] * states).sum(dim=1)""",
}
"""What each head reads of the packed states."""


def last_states(network: Network, words: Sequence[str], pads: int) -> str:
    """Six ways to take the last state from a padded batch."""
    return f"""import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqviz import load_checkpoint

{_begin(network, words)}
padding = torch.zeros({pads}, dtype=torch.long)  # <pad> is token 0
x = weights["embedding.weight"][torch.cat([tokens, padding])][None]
lengths = torch.tensor([len(words)])

with torch.no_grad():
    padded, read_on = rnn(x)
    packed, ended = rnn(pack_padded_sequence(x, lengths, batch_first=True))
    packed, _ = pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])

states = {{
    "packed: h_n": last(ended),
    "packed: output[lengths − 1]": packed[:, len(words) - 1],
    "packed: output[:, −1]": packed[:, -1],
    "padded: h_n": last(read_on),
    "padded: output[lengths − 1]": padded[:, len(words) - 1],
    "padded: output[:, −1]": padded[:, -1],
}}
shares = {{}}
for way, state in states.items():
    shares[way] = (state @ weights["head.weight"].T + weights["head.bias"]).sigmoid().item()
    print(f"{{way:30}} {{shares[way]:.4f}}")
"""


def nearest_words(network: Network, word: str, count: int) -> str:
    """The words whose vectors point most in the direction of one word's."""
    return f"""import torch

from seqviz import load_checkpoint

checkpoint = load_checkpoint("{relative(network)}")
vocabulary, vectors = checkpoint.model.words, checkpoint.weights["embedding.weight"]
own = vocabulary.index({word!r})

cosines = torch.cosine_similarity(vectors, vectors[own : own + 1], dim=1)
cosines[[0, 1, own]] = -2  # <pad>, <unk> and the word itself
nearest = cosines.topk({count})
for token, cosine in zip(nearest.indices.tolist(), nearest.values.tolist()):
    print(f"{{vocabulary[token]:12}} {{cosine:+.4f}}")
"""


def _begin(network: Network, words: Sequence[str]) -> str:
    """The words as tokens, the recurrent layers, and the state that they end in."""
    encoder = network.spec.encoder
    options = [f"{network.spec.input.size}", f"{encoder.hidden_size}", "batch_first=True"]
    options += [f"num_layers={encoder.num_layers}"] if encoder.num_layers > 1 else []
    options += ["bidirectional=True"] if encoder.bidirectional else []
    options += ['nonlinearity="relu"'] if encoder.nonlinearity == "relu" else []
    read = "h_n[-2:].transpose(0, 1).flatten(1)" if encoder.bidirectional else "h_n[-1]"
    return f"""words = {list(words)!r}
checkpoint = load_checkpoint("{relative(network)}")
vocabulary, weights = checkpoint.model.words, checkpoint.weights  # it begins with <pad> and <unk>
tokens = {tokens_of("words")}

rnn = torch.nn.{CELL_NAMES[encoder.cell]}({", ".join(options)})
rnn.load_state_dict({{name[8:]: w for name, w in weights.items() if name.startswith("encoder.")}})


def last(state):
    h_n = state[0] if isinstance(state, tuple) else state  # an LSTM has (h_n, c_n)
    return {read}

"""

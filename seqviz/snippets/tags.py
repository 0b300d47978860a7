"""The program that tags a text, in plain PyTorch."""

from seqviz.palette import CELL_NAMES
from seqviz.snippets.parts import relative
from seqviz.snippets.subjects import Network


def tagging(network: Network, text: str) -> str:
    """Every character's tag; it prints one a line."""
    spec, encoder = network.spec, network.spec.encoder
    both = ", bidirectional=True" if encoder.bidirectional else ""
    return f"""import torch

from seqviz import load_checkpoint
from seqviz.data.tags import TAGS

checkpoint = load_checkpoint("{relative(network)}")
vocabulary, weights = checkpoint.model.characters, checkpoint.weights
rnn = torch.nn.{CELL_NAMES[encoder.cell]}({spec.input.size}, {encoder.hidden_size}, {encoder.num_layers}, \
batch_first=True{both})
rnn.load_state_dict({{name[8:]: w for name, w in weights.items() if name.startswith("encoder.")}})

text = {text!r}
tokens = torch.tensor([[vocabulary.index(character) for character in text]])
with torch.no_grad():
    states, _ = rnn(weights["embedding.weight"][tokens])  # (1, time, outputs)
    logits = torch.nn.functional.linear(states[0], weights["head.weight"], weights["head.bias"])
probabilities = logits.softmax(dim=1)  # (time, {spec.head.outputs})
tags = probabilities.argmax(dim=1).tolist()
for character, tag in zip(text, tags):
    print(repr(character), TAGS[tag])
"""

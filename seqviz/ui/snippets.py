"""Short, complete PyTorch programs that reproduce what a panel shows. The tests run each one."""

from seqviz.ui.caches import SHIPPED, Network
from seqviz.ui.choices import Digit

_CLASSES = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}


def hidden_states(network: Network, digit: Digit) -> str:
    """The hidden states and the answer after each row, from the fused layer."""
    spec = network.spec
    options = [f"{spec.input_size}", f"{spec.hidden_size}", f"num_layers={spec.num_layers}", "batch_first=True"]
    options += ["bidirectional=True"] if spec.bidirectional else []
    options += ['nonlinearity="relu"'] if spec.nonlinearity == "relu" else []
    return f"""import torch
from safetensors.torch import load_file
{_digit_import(digit)}

{_digit_line(digit)}  # (28, 28)
weights = load_file("{_relative(network)}")

rnn = torch.nn.{_CLASSES[spec.cell]}({", ".join(options)})
rnn.load_state_dict({{name[10:]: w for name, w in weights.items() if name.startswith("model.rnn.")}})
head = torch.nn.Linear({spec.features}, {spec.num_classes})
head.load_state_dict({{name[11:]: w for name, w in weights.items() if name.startswith("model.head.")}})

with torch.no_grad():
    hidden, _ = rnn(digit[None])  # (1, 28, {spec.directions * spec.hidden_size}): layer {spec.num_layers} after each row
    {_answer(network)}
print(hidden[0, -1, :5], probabilities[-1])
"""


def _answer(network: Network) -> str:
    spec = network.spec
    if spec.bidirectional:
        read = (
            "hidden.flatten(1)"
            if spec.head == "concat"
            else f"torch.cat([hidden[:, -1, :{spec.hidden_size}], hidden[:, 0, {spec.hidden_size}:]], 1)"
        )
        return f"probabilities = head({read}).softmax(dim=-1)  # (1, 10): after all rows"
    if spec.head == "last":
        return "probabilities = head(hidden[0]).softmax(dim=-1)  # (28, 10): after each row"
    return f"""votes = torch.einsum("th,cth->tc", hidden[0], head.weight.unflatten(1, (28, {spec.hidden_size})))
    probabilities = (head.bias + votes.cumsum(dim=0)).softmax(dim=-1)  # (28, 10): after each row"""


def _digit_import(digit: Digit) -> str:
    names = "load_dataset" if digit.index is not None else "decode_strokes, rasterize"
    return f"from seqviz.data import {names}"


def _digit_line(digit: Digit) -> str:
    if digit.index is None:
        return f'digit = rasterize(decode_strokes("{digit.strokes}"))'
    return f'digit = load_dataset("{digit.data}").test.sequences[{digit.index}]'


def _relative(network: Network) -> str:
    return f"models/{network.name}.safetensors" if network.name in SHIPPED else f"runs/{network.name}.safetensors"

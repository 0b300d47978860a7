"""Programs that let a network read: its states, gates, votes, and what edits do to them."""

from collections.abc import Mapping, Sequence

from seqviz.instruments.crank import Weights
from seqviz.instruments.edits import Edit
from seqviz.palette import CELL_NAMES
from seqviz.specs import Cell
from seqviz.ui.caches import Network
from seqviz.ui.choices import Digit
from seqviz.ui.snippets.parts import STEPS, digit_import, digit_line, relative


def hidden_states(network: Network, digit: Digit) -> str:
    """The hidden states and the answer after each row, from the fused layer."""
    spec = network.spec
    options = [f"{spec.input_size}", f"{spec.hidden_size}", f"num_layers={spec.num_layers}", "batch_first=True"]
    options += ["bidirectional=True"] if spec.bidirectional else []
    options += ['nonlinearity="relu"'] if spec.nonlinearity == "relu" else []
    return f"""import torch
from safetensors.torch import load_file
{digit_import(digit)}

{digit_line(digit)}  # (28, 28)
weights = load_file("{relative(network)}")

rnn = torch.nn.{CELL_NAMES[spec.cell]}({", ".join(options)})
rnn.load_state_dict({{name[10:]: w for name, w in weights.items() if name.startswith("model.rnn.")}})
head = torch.nn.Linear({spec.features}, {spec.num_classes})
head.load_state_dict({{name[11:]: w for name, w in weights.items() if name.startswith("model.head.")}})

with torch.no_grad():
    hidden, _ = rnn(digit[None])  # (1, 28, {spec.directions * spec.hidden_size})
    {_answer(network)}
print(hidden[0, -1, :5], probabilities[-1])
"""


def _answer(network: Network) -> str:
    spec, hidden = network.spec, network.spec.hidden_size
    if spec.bidirectional:
        whole = {
            "last": f"torch.cat([hidden[:, -1, :{hidden}], hidden[:, 0, {hidden}:]], dim=1)",
            "concat": "hidden.flatten(1)",
            "mean": "hidden.mean(dim=1)",
            "max": "hidden.amax(dim=1)",
            "attention": '(hidden * (hidden @ weights["model.query"]).softmax(dim=1)[..., None]).sum(dim=1)',
        }[spec.head]
        return f"probabilities = head({whole}).softmax(dim=-1)  # (1, 10): after all rows"
    if spec.head == "concat":
        return f"""votes = torch.einsum("th,cth->tc", hidden[0], head.weight.unflatten(1, (28, {hidden})))
    probabilities = (head.bias + votes.cumsum(dim=0)).softmax(dim=-1)  # (28, 10): after each row"""
    if spec.head == "attention":
        return """share = (hidden[0] @ weights["model.query"]).exp()[:, None]
    read = (share * hidden[0]).cumsum(dim=0) / share.cumsum(dim=0)
    probabilities = head(read).softmax(dim=-1)  # (28, 10): after each row"""
    read = {
        "last": "hidden[0]",
        "mean": "hidden[0].cumsum(dim=0) / torch.arange(1, 29)[:, None]",
        "max": "hidden[0].cummax(dim=0).values",
    }[spec.head]
    return f"probabilities = head({read}).softmax(dim=-1)  # (28, 10): after each row"


def gates(network: Network, digit: Digit, unit: int = 0, step: int = 13) -> str:
    """Every gate of the first layer, written out."""
    spec = network.spec
    equations = STEPS[spec.cell].replace("{squash}", spec.nonlinearity)
    return f"""import torch
from safetensors.torch import load_file
{digit_import(digit)}

{digit_line(digit)}  # (28, 28)
weights = load_file("{relative(network)}")
names = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
W_ih, W_hh, b_ih, b_hh = (weights[f"model.rnn.{{name}}_l0"] for name in names)

h = c = torch.zeros({spec.hidden_size})
gates, hidden = [], []
for x in digit:
{equations}
    hidden.append(h)
gates, hidden = torch.stack(gates), torch.stack(hidden)  # (28, gates, {spec.hidden_size}), (28, {spec.hidden_size})
print(gates[{step}, :, {unit}], hidden[{step}, {unit}])
"""


def votes(network: Network, digit: Digit) -> str:
    """Each row's vote in a concat head with one layer."""
    spec = network.spec
    return f"""import torch
from safetensors.torch import load_file
{digit_import(digit)}

{digit_line(digit)}  # (28, 28)
weights = load_file("{relative(network)}")

rnn = torch.nn.{CELL_NAMES[spec.cell]}({spec.input_size}, {spec.hidden_size}, batch_first=True)
rnn.load_state_dict({{name[10:]: w for name, w in weights.items() if name.startswith("model.rnn.")}})
W, b = weights["model.head.weight"].unflatten(1, (28, {spec.hidden_size})), weights["model.head.bias"]

with torch.no_grad():
    hidden, _ = rnn(digit[None])  # (1, 28, {spec.hidden_size})
    votes = torch.einsum("th,cth->tc", hidden[0], W)  # (28, 10): row, class
print(votes.sum(dim=0) + b)  # the logits
"""


def edits(network: Network, digit: Digit, operations: Sequence[tuple[Edit, Digit | None]]) -> str:
    """The answer before and after, through `trace`."""
    names = "Edit, decode_strokes, load_checkpoint, load_dataset, rasterize, trace"
    lines = [f"from seqviz import {names}", ""]
    lines += [digit_line(digit), f'model = load_checkpoint("{relative(network)}").build()']
    donors = {donor.index: donor for _, donor in operations if donor is not None}
    for index, donor in donors.items():
        lines.append(f'donor{index} = load_dataset("{donor.data}").test.sequences[{index}]')
    lines.append("edits = [")
    for edit, given in operations:
        fields = [f'"{edit.signal}"', f'"{edit.kind}"', f"{edit.value}", f"layer={edit.layer}"]
        if edit.units is not None and len(edit.units) < network.spec.hidden_size:
            first, last = edit.units[0], edit.units[-1]
            fields.append(f"units=tuple(range({first}, {last + 1}))" if last > first else f"units=({first},)")
        fields += [f"first={edit.first}"] + ([] if edit.last is None else [f"last={edit.last}"])
        fields += [f"seed={edit.seed}"] if edit.kind == "noise" else []
        fields += [f"source=trace(model, donor{given.index}[None]).layers"] if given else []
        lines.append(f"    Edit({', '.join(fields)}),")
    lines += ["]", "before, after = trace(model, digit[None]), trace(model, digit[None], edits)"]
    return "\n".join([*lines, "print(before.probabilities[0, -1], after.probabilities[0, -1])", ""])


def crank(cell: Cell, inputs: Sequence[float], weights: Weights, held: Mapping[str, float]) -> str:
    """A single unit and its course."""
    given = ", ".join(f'"{gate}": {three}' for gate, three in weights.items())
    return f"""from seqviz import crank, single_unit

unit = single_unit("{cell}", {{{given}}})  # each gate: weight of input, of memory, bias
courses = crank(unit, {list(inputs)}, held={dict(held)})
print(courses["hidden"])
"""

"""Programs that let a network read: its states, its gates, what each row adds to the logits, and what edits change."""

from collections.abc import Mapping, Sequence

from seqviz.instruments.edits import Edit
from seqviz.instruments.simulated_unit import Weights
from seqviz.palette import CELL_NAMES
from seqviz.snippets.parts import STEPS, digit_line, imports, relative, relative_path
from seqviz.snippets.subjects import Digit, Network
from seqviz.specs import Cell


def hidden_states(network: Network, digit: Digit) -> str:
    """The hidden states and the answer after each row, from the fused layer."""
    spec = network.spec
    options = [
        f"{spec.input.size}",
        f"{spec.encoder.hidden_size}",
        f"num_layers={spec.encoder.num_layers}",
        "batch_first=True",
    ]
    options += ["bidirectional=True"] if spec.encoder.bidirectional else []
    options += ['nonlinearity="relu"'] if spec.encoder.nonlinearity == "relu" else []
    return f"""import torch
{imports(digit, "load_checkpoint")}

{digit_line(digit)}  # (28, 28)
weights = load_checkpoint("{relative(network)}").weights

rnn = torch.nn.{CELL_NAMES[spec.encoder.cell]}({", ".join(options)})
rnn.load_state_dict({{name[8:]: w for name, w in weights.items() if name.startswith("encoder.")}})
W, b = weights["head.weight"], weights["head.bias"]  # the linear layer

with torch.no_grad():
    hidden, _ = rnn(digit[None])  # (1, 28, {spec.encoder.directions * spec.encoder.hidden_size})
    {_answer(network)}
print(hidden[0, -1, :5], probabilities[-1])
"""


def through_training(network: Network, digit: Digit, target: int) -> str:
    """The probability of a class by training step and row, from the network's snapshots."""
    file = network.path.parent / "snapshots" / network.path.name
    return f"""import torch
{imports(digit, "load_snapshots", "trace")}

{digit_line(digit)}  # (28, 28)
snapshots = load_snapshots("{relative_path(file)}")

for step in snapshots.steps:
    seen = trace(snapshots.build(step), digit[None])
    probability = seen.probabilities[0, :, {target}]  # (28,): after each row
    print(step, round(float(probability[-1]), 4))
"""


def _answer(network: Network) -> str:
    spec, hidden = network.spec, network.spec.encoder.hidden_size
    if spec.encoder.bidirectional:
        whole = {
            "last": f"torch.cat([hidden[:, -1, :{hidden}], hidden[:, 0, {hidden}:]], dim=1)",
            "concat": "hidden.flatten(1)",
            "mean": "hidden.mean(dim=1)",
            "max": "hidden.amax(dim=1)",
            "attention": '(hidden * (hidden @ weights["head.query"]).softmax(dim=1)[..., None]).sum(dim=1)',
        }[spec.head.kind]
        return f"probabilities = ({whole} @ W.T + b).softmax(dim=-1)  # (1, 10): after all rows"
    if spec.head.kind == "concat":
        return f"""contributions = torch.einsum("th,cth->tc", hidden[0], W.unflatten(1, (28, {hidden})))
    probabilities = (b + contributions.cumsum(dim=0)).softmax(dim=-1)  # (28, 10): after each row"""
    if spec.head.kind == "attention":
        return """scores, later = hidden[0] @ weights["head.query"], torch.ones(28, 28, dtype=torch.bool).triu(1)
    share = scores.expand(28, -1).masked_fill(later, -torch.inf).softmax(dim=-1)  # (28, 28): of the rows so far
    probabilities = (share @ hidden[0] @ W.T + b).softmax(dim=-1)  # (28, 10): after each row"""
    read = {
        "last": "hidden[0]",
        "mean": "hidden[0].cumsum(dim=0) / torch.arange(1, 29)[:, None]",
        "max": "hidden[0].cummax(dim=0).values",
    }[spec.head.kind]
    return f"probabilities = ({read} @ W.T + b).softmax(dim=-1)  # (28, 10): after each row"


def gates(network: Network, digit: Digit, unit: int = 0, step: int = 13) -> str:
    """Every gate of the first layer, written out."""
    spec = network.spec
    equations, units = STEPS[spec.encoder.cell].replace("{squash}", spec.encoder.nonlinearity), spec.encoder.hidden_size
    return f"""import torch
{imports(digit, "load_checkpoint")}

{digit_line(digit)}  # (28, 28)
weights = load_checkpoint("{relative(network)}").weights
names = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
W_ih, W_hh, b_ih, b_hh = (weights[f"encoder.{{name}}_l0"] for name in names)

h = c = torch.zeros({units})
gates, hidden = [], []
for x in digit:
{equations}
    hidden.append(h)
gates, hidden = torch.stack(gates), torch.stack(hidden)  # (28, gates, {units}), (28, {units})
print(gates[{step}, :, {unit}], hidden[{step}, {unit}])
"""


def contributions(network: Network, digit: Digit) -> str:
    """What each row adds to the logits in a concat head with one layer."""
    spec = network.spec
    return f"""import torch
{imports(digit, "load_checkpoint")}

{digit_line(digit)}  # (28, 28)
weights = load_checkpoint("{relative(network)}").weights

rnn = torch.nn.{CELL_NAMES[spec.encoder.cell]}({spec.input.size}, {spec.encoder.hidden_size}, batch_first=True)
rnn.load_state_dict({{name[8:]: w for name, w in weights.items() if name.startswith("encoder.")}})
W, b = weights["head.weight"].unflatten(1, (28, {spec.encoder.hidden_size})), weights["head.bias"]

with torch.no_grad():
    hidden, _ = rnn(digit[None])  # (1, 28, {spec.encoder.hidden_size})
    contributions = torch.einsum("th,cth->tc", hidden[0], W)  # (28, 10): row, class
print(contributions.sum(dim=0) + b)  # the logits
"""


def edits(network: Network, digit: Digit, operations: Sequence[tuple[Edit, Digit | None]]) -> str:
    """The answer before and after, through `trace`."""
    names = "Edit, decode_strokes, load_checkpoint, load_dataset, rasterize, trace"
    lines = [f"from seqviz import {names}", ""]
    lines += [digit_line(digit), f'model = load_checkpoint("{relative(network)}").build()']
    donors = {donor.index: donor for _, donor in operations if donor is not None}
    for index, donor in donors.items():
        lines.append(f'donor{index} = load_dataset("{donor.data}").test.inputs[{index}]')
    lines.append("edits = [")
    for edit, given in operations:
        fields = [f'"{edit.signal}"', f'"{edit.kind}"', f"{edit.value}", f"layer={edit.layer}"]
        if edit.units is not None and len(edit.units) < network.spec.encoder.hidden_size:
            first, last = edit.units[0], edit.units[-1]
            fields.append(f"units=tuple(range({first}, {last + 1}))" if last > first else f"units=({first},)")
        fields += [f"first={edit.first}"] + ([] if edit.last is None else [f"last={edit.last}"])
        fields += [f"seed={edit.seed}"] if edit.kind == "noise" else []
        fields += [f"source=trace(model, donor{given.index}[None]).layers"] if given else []
        lines.append(f"    Edit({', '.join(fields)}),")
    lines += ["]", "before, after = trace(model, digit[None]), trace(model, digit[None], edits)"]
    return "\n".join([*lines, "print(before.probabilities[0, -1], after.probabilities[0, -1])", ""])


def simulated_unit(cell: Cell, inputs: Sequence[float], weights: Weights, held: Mapping[str, float]) -> str:
    """A single unit and its course."""
    given = ", ".join(f'"{gate}": {three}' for gate, three in weights.items())
    return f"""from seqviz import simulate_unit, single_unit

unit = single_unit("{cell}", {{{given}}})  # each gate: weight of input, of memory, bias
courses = simulate_unit(unit, {list(inputs)}, held={dict(held)})
print(courses["hidden"])
"""

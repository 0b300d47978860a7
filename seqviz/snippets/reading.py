"""Programs that let a network read: its states, its gates, what each row adds to the logits, and what edits change."""

from collections.abc import Mapping, Sequence

from seqviz.data.examples import Digit, Example
from seqviz.instruments.edits import Edit
from seqviz.instruments.simulated_unit import Weights
from seqviz.palette import CELL_NAMES
from seqviz.snippets.parts import STEPS, example_lines, imports, relative, relative_path, tokens_of, variable, vectors
from seqviz.snippets.subjects import Network
from seqviz.specs import Cell


def hidden_states(network: Network, example: Example) -> str:
    """The hidden states and the answer after each step, from the fused layer."""
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
{imports(example, "load_checkpoint")}

{example_lines(network, example)}
weights = load_checkpoint("{relative(network)}").weights

rnn = torch.nn.{CELL_NAMES[spec.encoder.cell]}({", ".join(options)})
rnn.load_state_dict({{name[8:]: w for name, w in weights.items() if name.startswith("encoder.")}})
W, b = weights["head.weight"], weights["head.bias"]  # the linear layer

with torch.no_grad():
    hidden, _ = rnn({vectors(example)}[None])  # (1, {len(example)}, {spec.encoder.outputs})
    {_answer(network, len(example))}
print(hidden[0, -1, :5], probabilities[-1])
"""


def through_training(network: Network, example: Example, target: int) -> str:
    """The probability of a class by training step and time step, from the network's snapshots."""
    file = network.path.parent / "snapshots" / network.path.name
    return f"""import torch
{imports(example, "load_snapshots", "trace")}

{example_lines(network, example)}
snapshots = load_snapshots("{relative_path(file)}")

for step in snapshots.steps:
    seen = trace(snapshots.build(step), {variable(example)}[None])
    probability = seen.probabilities[0, :, {target}]  # ({len(example)},): after each {example.step_name}
    print(step, round(float(probability[-1]), 4))
"""


def _answer(network: Network, steps: int) -> str:
    spec, hidden = network.spec, network.spec.encoder.hidden_size
    shares = "sigmoid()" if spec.head.outputs == 1 else "softmax(dim=-1)"
    answers = f"{spec.head.outputs}" + (": of the second class" if spec.head.outputs == 1 else "")
    if spec.encoder.bidirectional:
        whole = {
            "last": f"torch.cat([hidden[:, -1, :{hidden}], hidden[:, 0, {hidden}:]], dim=1)",
            "concat": "hidden.flatten(1)",
            "mean": "hidden.mean(dim=1)",
            "max": "hidden.amax(dim=1)",
            "attention": '(hidden * (hidden @ weights["head.query"]).softmax(dim=1)[..., None]).sum(dim=1)',
        }[spec.head.kind]
        return f"probabilities = ({whole} @ W.T + b).{shares}  # (1, {answers}), after all steps"
    if spec.head.kind == "concat":
        return f"""contributions = torch.einsum("th,cth->tc", hidden[0], W.unflatten(1, (28, {hidden})))
    probabilities = (b + contributions.cumsum(dim=0)).softmax(dim=-1)  # (28, 10): after each row"""
    if spec.head.kind == "attention":
        return f"""scores = hidden[0] @ weights["head.query"]
    later = torch.ones({steps}, {steps}, dtype=torch.bool).triu(1)
    share = scores.expand({steps}, -1).masked_fill(later, -torch.inf).softmax(dim=-1)  # of the steps so far
    probabilities = (share @ hidden[0] @ W.T + b).{shares}  # ({steps}, {answers}), after each step"""
    read = {
        "last": "hidden[0]",
        "mean": f"hidden[0].cumsum(dim=0) / torch.arange(1, {steps + 1})[:, None]",
        "max": "hidden[0].cummax(dim=0).values",
    }[spec.head.kind]
    return f"probabilities = ({read} @ W.T + b).{shares}  # ({steps}, {answers}), after each step"


def gates(network: Network, example: Example, unit: int = 0, step: int = 13) -> str:
    """Every gate of the first layer, written out."""
    spec = network.spec
    equations, units = STEPS[spec.encoder.cell].replace("{squash}", spec.encoder.nonlinearity), spec.encoder.hidden_size
    steps = len(example)
    return f"""import torch
{imports(example, "load_checkpoint")}

{example_lines(network, example)}
weights = load_checkpoint("{relative(network)}").weights
names = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
W_ih, W_hh, b_ih, b_hh = (weights[f"encoder.{{name}}_l0"] for name in names)

h = c = torch.zeros({units})
gates, hidden = [], []
for x in {vectors(example)}:
{equations}
    hidden.append(h)
gates, hidden = torch.stack(gates), torch.stack(hidden)  # ({steps}, gates, {units}), ({steps}, {units})
print(gates[{step}, :, {unit}], hidden[{step}, {unit}])
"""


def contributions(network: Network, digit: Digit) -> str:
    """What each row adds to the logits in a concat head with one layer."""
    spec = network.spec
    return f"""import torch
{imports(digit, "load_checkpoint")}

{example_lines(network, digit)}
weights = load_checkpoint("{relative(network)}").weights

rnn = torch.nn.{CELL_NAMES[spec.encoder.cell]}({spec.input.size}, {spec.encoder.hidden_size}, batch_first=True)
rnn.load_state_dict({{name[8:]: w for name, w in weights.items() if name.startswith("encoder.")}})
W, b = weights["head.weight"].unflatten(1, (28, {spec.encoder.hidden_size})), weights["head.bias"]

with torch.no_grad():
    hidden, _ = rnn(digit[None])  # (1, 28, {spec.encoder.hidden_size})
    contributions = torch.einsum("th,cth->tc", hidden[0], W)  # (28, 10): row, class
print(contributions.sum(dim=0) + b)  # the logits
"""


def edits(network: Network, example: Example, operations: Sequence[tuple[Edit, Example | None]]) -> str:
    """The answer before and after, through `trace`."""
    donors = {donor.index: donor for _, donor in operations if donor is not None}
    read, loads = variable(example), {"load_dataset"} if isinstance(example, Digit) and donors else set()
    lines = ["import torch", imports(example, "Edit", "load_checkpoint", "trace", *loads), ""]
    lines += [example_lines(network, example), f'model = load_checkpoint("{relative(network)}").build()']
    for index, donor in donors.items():
        lines += [_donor_line(donor, f"donor{index}")]
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
    lines += ["]", f"before, after = trace(model, {read}[None]), trace(model, {read}[None], edits)"]
    return "\n".join([*lines, "print(before.probabilities[0, -1], after.probabilities[0, -1])", ""])


def _donor_line(donor: Example, name: str) -> str:
    """Another example of the same kind as the one that is read."""
    if isinstance(donor, Digit):
        return f'{name} = load_dataset("{donor.data}").test.inputs[{donor.index}]'
    return f"{name} = {tokens_of(repr(list(donor.words)))}"


def simulated_unit(cell: Cell, inputs: Sequence[float], weights: Weights, held: Mapping[str, float]) -> str:
    """A single unit and its course."""
    given = ", ".join(f'"{gate}": {three}' for gate, three in weights.items())
    return f"""from seqviz import simulate_unit, single_unit

unit = single_unit("{cell}", {{{given}}})  # each gate: weight of input, of memory, bias
courses = simulate_unit(unit, {list(inputs)}, held={dict(held)})
print(courses["hidden"])
"""

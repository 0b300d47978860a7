"""Short, complete PyTorch programs that reproduce what a panel shows. The tests run each one."""

from collections.abc import Mapping, Sequence

from seqviz.instruments import Edit, Weights
from seqviz.palette import CELL_NAMES
from seqviz.specs import Cell, ModelSpec, TrainSpec
from seqviz.ui.caches import PROJECT, Network
from seqviz.ui.choices import Digit
from seqviz.ui.levers import Setting


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

rnn = torch.nn.{CELL_NAMES[spec.cell]}({", ".join(options)})
rnn.load_state_dict({{name[10:]: w for name, w in weights.items() if name.startswith("model.rnn.")}})
head = torch.nn.Linear({spec.features}, {spec.num_classes})
head.load_state_dict({{name[11:]: w for name, w in weights.items() if name.startswith("model.head.")}})

with torch.no_grad():
    hidden, _ = rnn(digit[None])  # (1, 28, {spec.directions * spec.hidden_size})
    {_answer(network)}
print(hidden[0, -1, :5], probabilities[-1])
"""


def training(spec: ModelSpec, run: TrainSpec, data: str) -> str:
    """The same run as a plain loop: the same loss at every step."""
    one_cycle = run.schedule == "one-cycle"
    lines = [
        "import torch",
        "from torch.nn import functional as F",
        "from seqviz.data import load_dataset",
        "from seqviz.networks import build_model",
        "from seqviz.specs import ModelSpec",
        "",
        f'train = load_dataset("{data}").train',
        f"model = build_model({_arguments(spec, ModelSpec())}, seed={run.seed})  # {_built(spec)}",
        f"optimizer = torch.optim.{_OPTIMIZERS[run.optimizer]}(model.parameters(), lr={run.learning_rate})",
        f"epochs, batch, shuffle = {run.epochs}, {run.batch_size}, torch.Generator().manual_seed({run.seed})",
    ]
    if one_cycle:
        lines += [
            "steps = epochs * -(-len(train) // batch)",
            f"schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, {run.learning_rate}, total_steps=steps)",
        ]
    lines += [
        "losses = []",
        "",
        "for epoch in range(epochs):",
        "    for index in torch.randperm(len(train), generator=shuffle).split(batch):",
        "        loss = F.cross_entropy(model(train.sequences[index]), train.labels[index])",
        "        optimizer.zero_grad()",
        "        loss.backward()",
    ]
    if run.clip is not None:
        lines.append(f"        torch.nn.utils.clip_grad_norm_(model.parameters(), {run.clip})")
    lines += ["        optimizer.step()", "        losses.append(loss.item())"]
    if one_cycle:
        lines += ["        if len(losses) < steps:", "            schedule.step()"]
    return "\n".join([*lines, "print(losses[0], losses[-1])", ""])


def _arguments(spec: ModelSpec, default: ModelSpec) -> str:
    """The call that makes a spec, without what is default."""
    values = {name: value for name, value in spec.to_dict().items() if value != getattr(default, name)}
    return f"ModelSpec({', '.join(f'{name}={value!r}' for name, value in values.items())})"


def _built(spec: ModelSpec) -> str:
    return f"torch.nn.{CELL_NAMES[spec.cell]} and torch.nn.Linear"


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


def _digit_import(digit: Digit) -> str:
    names = "load_dataset" if digit.index is not None else "decode_strokes, rasterize"
    return f"from seqviz.data import {names}"


def _digit_line(digit: Digit) -> str:
    if digit.index is None:
        return f'digit = rasterize(decode_strokes("{digit.strokes}"))'
    return f'digit = load_dataset("{digit.data}").test.sequences[{digit.index}]'


def _relative(network: Network) -> str:
    """From the project's folder where the file lies in it, else in full."""
    path = network.path
    return (path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path).as_posix()


_OPTIMIZERS = {"adam": "Adam", "sgd": "SGD"}
_STEPS = {
    "lstm": """    i, f, g, o = (W_ih @ x + b_ih + W_hh @ h + b_hh).chunk(4)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + i * g
    h = o * c.tanh()
    gates.append(torch.stack([i, f, g, o]))""",
    "gru": """    xr, xz, xn = (W_ih @ x + b_ih).chunk(3)
    hr, hz, hn = (W_hh @ h + b_hh).chunk(3)
    r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
    n = (xn + r * hn).tanh()
    h = (1 - z) * n + z * h
    gates.append(torch.stack([r, z, n]))""",
    "rnn": """    a = W_ih @ x + b_ih + W_hh @ h + b_hh
    h = a.{squash}()
    gates.append(a[None])""",
}


def edits(network: Network, digit: Digit, operations: Sequence[tuple[Edit, Digit | None]]) -> str:
    """The answer before and after, through `trace`."""
    lines = ["from seqviz.data import decode_strokes, load_dataset, rasterize"]
    lines += ["from seqviz.instruments import Edit, trace", "from seqviz.training import load_checkpoint", ""]
    lines += [_digit_line(digit), f'model = load_checkpoint("{_relative(network)}").build()']
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


def votes(network: Network, digit: Digit) -> str:
    """Each row's vote in a concat head with one layer."""
    spec = network.spec
    return f"""import torch
from safetensors.torch import load_file
{_digit_import(digit)}

{_digit_line(digit)}  # (28, 28)
weights = load_file("{_relative(network)}")

rnn = torch.nn.{CELL_NAMES[spec.cell]}({spec.input_size}, {spec.hidden_size}, batch_first=True)
rnn.load_state_dict({{name[10:]: w for name, w in weights.items() if name.startswith("model.rnn.")}})
W, b = weights["model.head.weight"].unflatten(1, (28, {spec.hidden_size})), weights["model.head.bias"]

with torch.no_grad():
    hidden, _ = rnn(digit[None])  # (1, 28, {spec.hidden_size})
    votes = torch.einsum("th,cth->tc", hidden[0], W)  # (28, 10): row, class
print(votes.sum(dim=0) + b)  # the logits
"""


def clipping(radius: float, rate: float, limit: float, epochs: int, batch: int, hidden: int) -> str:
    """The clipped run of the exploding network."""
    return f"""import torch
from torch.nn import functional as F
from seqviz.data import load_dataset
from seqviz.networks import Levers, build_model, pulled
from seqviz.specs import ModelSpec

train = load_dataset("digits").train
spec = ModelSpec(cell="rnn", hidden_size={hidden}, nonlinearity="relu")
model = pulled(build_model(spec), Levers(spectral_radius={radius})).train()
optimizer = torch.optim.SGD(model.parameters(), lr={rate})
shuffle, norms = torch.Generator().manual_seed(0), []
for epoch in range({epochs}):
    for index in torch.randperm(len(train), generator=shuffle).split({batch}):
        optimizer.zero_grad()
        F.cross_entropy(model(train.sequences[index]), train.labels[index]).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), {limit}).item())  # before clipping
        optimizer.step()
print(norms[:5])
"""


def jacobians(network: Network, digit: Digit, setting: Setting, layer: int, every: int) -> str:
    """Singular values between states."""
    return _of_a_copy(
        network,
        digit,
        setting,
        "state_jacobians",
        f"""found = state_jacobians(model, x, layer={layer}, every={every})
print(found.distances, found.singular_values[0, :, 0])  # the largest at each distance
""",
    )


def distances(task: str, cells: Sequence[Cell], units: int, keep_bias: float, seed: int) -> str:
    """The accuracies over distances, as the page trains them."""
    return f"""from seqviz.training import learn_over_distances, task_models

models = task_models("{task}", {tuple(cells)!r}, {units})
*_, last = learn_over_distances("{task}", models, {keep_bias}, seed={seed})
print({{cell: last.curve(cell) for cell in models}})
"""


def crank(cell: Cell, inputs: Sequence[float], weights: Weights, held: Mapping[str, float]) -> str:
    """A single unit and its course."""
    given = ", ".join(f'"{gate}": {three}' for gate, three in weights.items())
    return f"""from seqviz.instruments import crank, single_unit

unit = single_unit("{cell}", {{{given}}})  # each gate: weight of input, of memory, bias
courses = crank(unit, {list(inputs)}, held={dict(held)})
print(courses["hidden"])
"""


def gradient_flow(network: Network, digit: Digit, label: int, setting: Setting) -> str:
    """The gradient's norm at every row; plain PyTorch where no lever is pulled and the network has one layer."""
    spec = network.spec
    if setting != Setting(after=setting.after) or spec.num_layers > 1 or spec.bidirectional or spec.head != "last":
        call = f"""flow = gradient_flow(model, x, torch.tensor([{label}]), truncate={setting.truncate})
norms = flow.layers[-1].norms[0]
print(norms)
"""
        return _of_a_copy(network, digit, setting, "gradient_flow", call)
    step = _STEPS[spec.cell].replace("{squash}", spec.nonlinearity).split("\n    gates.append")[0]
    file, prefix = _relative(network), "model"
    if setting.after is not None:
        file, prefix = _snapshots(network), str(setting.after)
    return f"""import torch
from safetensors.torch import load_file
from torch.nn import functional as F
{_digit_import(digit)}

{_digit_line(digit)}  # (28, 28)
weights = {{name: weight.float() for name, weight in load_file("{file}").items()}}
names = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
W_ih, W_hh, b_ih, b_hh = (weights[f"{prefix}.rnn.{{name}}_l0"].requires_grad_() for name in names)

h = c = torch.zeros({spec.hidden_size})
hidden = []
for x in digit:
{step}
    h.retain_grad()
    hidden.append(h)
logits = F.linear(h, weights["{prefix}.head.weight"], weights["{prefix}.head.bias"])
F.cross_entropy(logits, torch.tensor({label})).backward()
norms = torch.stack([h.grad.norm() for h in hidden])  # (28,): how much of the gradient reaches each row
print(norms)
"""


def _of_a_copy(network: Network, digit: Digit, setting: Setting, instrument: str, call: str) -> str:
    """A program that pulls the levers on a copy of the network and then looks into it."""
    levers = {name: value for name, value in vars(setting.levers).items() if value is not None}
    pulled = ", ".join(f"{name}={value!r}" for name, value in levers.items())
    build = f'load_checkpoint("{_relative(network)}").build()'
    if setting.after is not None:
        build = f'load_snapshots("{_snapshots(network)}").build({setting.after})'
    return f"""import torch
from seqviz.data import BlankRows, decode_strokes, load_dataset, rasterize
from seqviz.instruments import {instrument}
from seqviz.networks import Levers, pulled
from seqviz.training import load_checkpoint, load_snapshots

{_digit_line(digit)}  # (28, 28)
model = pulled({build}, Levers({pulled}))
x = BlankRows({setting.blank})(digit[None])
{call}"""


def _snapshots(network: Network) -> str:
    path = network.path.parent / "snapshots" / network.path.name
    return (path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path).as_posix()


def gates(network: Network, digit: Digit, unit: int = 0, step: int = 13) -> str:
    """Every gate of the first layer, written out."""
    spec = network.spec
    equations = _STEPS[spec.cell].replace("{squash}", spec.nonlinearity)
    return f"""import torch
from safetensors.torch import load_file
{_digit_import(digit)}

{_digit_line(digit)}  # (28, 28)
weights = load_file("{_relative(network)}")
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

"""Programs that send a gradient back through time."""

from seqviz.snippets.parts import STEPS, digit_line, imports, relative
from seqviz.snippets.subjects import PROJECT, Digit, GradientSetting, Network


def gradient_flow(network: Network, digit: Digit, label: int, setting: GradientSetting) -> str:
    """The gradient's norm at every row; plain PyTorch where no lever is pulled and the network has one layer."""
    spec = network.spec
    if (
        setting != GradientSetting(after=setting.after)
        or spec.encoder.num_layers > 1
        or spec.encoder.bidirectional
        or spec.head.kind != "last"
    ):
        call = f"""flow = gradient_flow(model, Batch(x, torch.tensor([{label}])), truncate={setting.truncate})
norms = flow.layers[-1].norms[0]
print(norms)
"""
        return _of_a_copy(network, digit, setting, "gradient_flow", call)
    step = STEPS[spec.encoder.cell].replace("{squash}", spec.encoder.nonlinearity).split("\n    gates.append")[0]
    load, weights = "load_checkpoint", f'load_checkpoint("{relative(network)}").weights'
    if setting.after is not None:
        load, weights = "load_snapshots", f'load_snapshots("{_snapshots(network)}").weights[{setting.after}]'
    return f"""import torch
from torch.nn import functional as F
{imports(digit, load)}

{digit_line(digit)}  # (28, 28)
weights = {{name: weight.float() for name, weight in {weights}.items()}}
names = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
W_ih, W_hh, b_ih, b_hh = (weights[f"encoder.{{name}}_l0"].requires_grad_() for name in names)

h = c = torch.zeros({spec.encoder.hidden_size})
hidden = []
for x in digit:
{step}
    h.retain_grad()
    hidden.append(h)
logits = F.linear(h, weights["head.weight"], weights["head.bias"])
F.cross_entropy(logits, torch.tensor({label})).backward()
norms = torch.stack([h.grad.norm() for h in hidden])  # (28,): how much of the gradient reaches each row
print(norms)
"""


def jacobians(network: Network, digit: Digit, setting: GradientSetting, layer: int, every: int) -> str:
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


def _of_a_copy(network: Network, digit: Digit, setting: GradientSetting, instrument: str, call: str) -> str:
    """A program that pulls the levers on a copy of the network and then looks into it."""
    levers = {name: value for name, value in vars(setting.levers).items() if value is not None}
    pulled = ", ".join(f"{name}={value!r}" for name, value in levers.items())
    build = f'load_checkpoint("{relative(network)}").build()'
    if setting.after is not None:
        build = f'load_snapshots("{_snapshots(network)}").build({setting.after})'
    names = f"Batch, BlankRows, Modifications, {instrument}, load_checkpoint, load_snapshots, with_modifications"
    return f"""import torch
{imports(digit, *names.split(", "))}

{digit_line(digit)}  # (28, 28)
model = with_modifications({build}, Modifications({pulled}))
x = BlankRows({setting.blank})(digit[None])
{call}"""


def _snapshots(network: Network) -> str:
    path = network.path.parent / "snapshots" / network.path.name
    return (path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path).as_posix()

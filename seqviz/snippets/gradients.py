"""Programs that send a gradient back through time."""

from collections.abc import Sequence

from seqviz.data.examples import Digit, Example
from seqviz.snippets.parts import STEPS, example_lines, imports, relative, vectors
from seqviz.snippets.subjects import PROJECT, GradientSetting, Network


def gradient_flow(network: Network, example: Example, label: int, setting: GradientSetting) -> str:
    """The gradient's norm at every step; plain PyTorch where no lever is pulled and the network has one layer."""
    spec = network.spec
    if (
        setting != GradientSetting(after=setting.after)
        or spec.encoder.num_layers > 1
        or spec.encoder.bidirectional
        or spec.head.kind != "last"
    ):
        loss = ', OBJECTIVES["binary_cross_entropy"].loss' if spec.head.outputs == 1 else ""
        call = f"""flow = gradient_flow(model, Batch(x, torch.tensor([{label}])){loss}, truncate={setting.truncate})
norms = flow.layers[-1].norms[0]
print(norms)
"""
        return _of_a_copy(network, example, setting, ("gradient_flow", *(["OBJECTIVES"] if loss else [])), call)
    step = STEPS[spec.encoder.cell].replace("{squash}", spec.encoder.nonlinearity).split("\n    gates.append")[0]
    load, weights = "load_checkpoint", f'load_checkpoint("{relative(network)}").weights'
    if setting.after is not None:
        load, weights = "load_snapshots", f'load_snapshots("{_snapshots(network)}").weights[{setting.after}]'
    return f"""import torch
from torch.nn import functional as F
{imports(example, load)}

{example_lines(network, example)}
weights = {{name: weight.float() for name, weight in {weights}.items()}}
names = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
W_ih, W_hh, b_ih, b_hh = (weights[f"encoder.{{name}}_l0"].requires_grad_() for name in names)

h = c = torch.zeros({spec.encoder.hidden_size})
hidden = []
for x in {vectors(example)}:
{step}
    h.retain_grad()
    hidden.append(h)
logits = F.linear(h, weights["head.weight"], weights["head.bias"])
{_loss(spec.head.outputs, label)}.backward()
norms = torch.stack([h.grad.norm() for h in hidden])  # ({len(example)},): how much reaches each {example.step_name}
print(norms)
"""


def _loss(outputs: int, label: int) -> str:
    if outputs == 1:
        return f"F.binary_cross_entropy_with_logits(logits, torch.tensor([{label:.1f}]))"
    return f"F.cross_entropy(logits, torch.tensor({label}))"


def jacobians(network: Network, example: Example, setting: GradientSetting, layer: int, every: int) -> str:
    """Singular values between states."""
    return _of_a_copy(
        network,
        example,
        setting,
        ("state_jacobians",),
        f"""found = state_jacobians(model, x, layer={layer}, every={every})
print(found.distances, found.singular_values[0, :, 0])  # the largest at each distance
""",
    )


def _of_a_copy(
    network: Network, example: Example, setting: GradientSetting, instruments: Sequence[str], call: str
) -> str:
    """A program that pulls the levers on a copy of the network and then looks into it."""
    levers = {name: value for name, value in vars(setting.levers).items() if value is not None}
    pulled = ", ".join(f"{name}={value!r}" for name, value in levers.items())
    build = f'load_checkpoint("{relative(network)}").build()'
    if setting.after is not None:
        build = f'load_snapshots("{_snapshots(network)}").build({setting.after})'
    names = ["Batch", "BlankRows", "Modifications", *instruments]
    names += ["load_checkpoint", "load_snapshots", "with_modifications"]
    x = f"BlankRows({setting.blank})(digit[None])" if isinstance(example, Digit) else "tokens[None]"
    return f"""import torch
{imports(example, *names)}

{example_lines(network, example)}
model = with_modifications({build}, Modifications({pulled}))
x = {x}
{call}"""


def _snapshots(network: Network) -> str:
    path = network.path.parent / "snapshots" / network.path.name
    return (path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path).as_posix()

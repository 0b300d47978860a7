"""What several programs share: how an example and a file are named, and the equations of one step."""

from pathlib import Path

from seqviz.data.examples import Digit, Example, Sentence
from seqviz.snippets.subjects import PROJECT, Network
from seqviz.specs import TrainSpec


def imports(example: Example, *names: str) -> str:
    """What a program imports that reads this example and uses these names."""
    reads: tuple[str, ...] = ("load_checkpoint",)
    if isinstance(example, Digit):
        reads = ("load_dataset",) if example.index is not None else ("decode_strokes", "rasterize")
    every = sorted({*names, *reads}, key=lambda name: (name[0].islower(), name))
    return f"from seqviz import {', '.join(every)}"


def example_lines(network: Network, example: Example) -> str:
    """What the network reads, by the name that `variable` gives."""
    if isinstance(example, Sentence):
        return f"""words = {list(example.words)!r}
vocabulary = load_checkpoint("{relative(network)}").model.words  # it begins with <pad> and <unk>
tokens = {tokens_of("words")}"""
    if example.index is None:
        return f'digit = rasterize(decode_strokes("{example.strokes}"))  # (28, 28)'
    return f'digit = load_dataset("{example.data}").test.inputs[{example.index}]  # (28, 28)'


def tokens_of(words: str) -> str:
    """Words, an expression, as tokens of a `vocabulary`."""
    return f"torch.tensor([vocabulary.index(word) if word in vocabulary else 1 for word in {words}])"


def variable(example: Example) -> str:
    """The name of what is read: rows of pixels, or tokens."""
    return "digit" if isinstance(example, Digit) else "tokens"


def vectors(example: Example) -> str:
    """What the recurrent layers read at each step, once there are `weights`."""
    return "digit" if isinstance(example, Digit) else 'weights["embedding.weight"][tokens]'


def relative(network: Network) -> str:
    """The network's file."""
    return relative_path(network.path)


def relative_path(path: Path) -> str:
    """From the project's folder where the file lies in it, else in full."""
    return (path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path).as_posix()


STEPS = {
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


_OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}


def optimizer_lines(run: TrainSpec, steps: str) -> list[str]:
    """The optimizer and, where there is one, the schedule over so many `steps` (an expression)."""
    decay = f", weight_decay={run.weight_decay}" if run.optimizer == "adamw" else ""
    optimizer = f"torch.optim.{_OPTIMIZERS[run.optimizer]}"
    lines = [f"optimizer = {optimizer}(model.parameters(), lr={run.learning_rate}{decay})"]
    if run.schedule == "one-cycle":
        lines += [
            f"steps = {steps}",
            f"schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, {run.learning_rate}, total_steps=steps)",
        ]
    return lines


def update_lines(run: TrainSpec) -> list[str]:
    """From a loss to new weights, inside two loops; the loss is remembered."""
    lines = ["        optimizer.zero_grad()", "        loss.backward()"]
    if run.clip is not None:
        lines.append(f"        torch.nn.utils.clip_grad_norm_(model.parameters(), {run.clip})")
    lines += ["        optimizer.step()", "        losses.append(loss.item())"]
    if run.schedule == "one-cycle":
        lines += ["        if len(losses) < steps:", "            schedule.step()"]
    return lines

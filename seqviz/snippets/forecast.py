"""Programs about forecasts: from a window to what is ahead, the echo, gradients, comparisons, parts, training."""

from pathlib import Path

from seqviz.data.names import SERIES
from seqviz.data.series import Series
from seqviz.palette import CELL_NAMES
from seqviz.snippets.parts import optimizer_lines, relative_path, update_lines
from seqviz.snippets.subjects import Forecaster
from seqviz.specs import QUANTILES, ModelSpec, TrainSpec, WindowInput

LEVELS = len(QUANTILES)


def forecasting(one: Forecaster, origin: int, steps: int) -> str:
    """The forecast from one origin through PyTorch's layers; of a recursive network, its medians fed back."""
    spec, windows = one.spec, one.windows
    numbers = LEVELS if spec.head.quantiles else 1
    lines = [
        *_loaded(one),
        f"window, origin, steps = {windows.window}, {origin}, {steps}",
        *_scale_lines(one),
        f"x = scaled[origin - window : origin].clone()  # (window, {spec.input.size})",
        *_moved_lines(one),
        "",
        "with torch.no_grad():",
    ]
    if spec.recursive:
        plus = "value + " if windows.scaling == "change" else ""
        lines += [
            f"    states, state = model.encoder(x[None])  # torch.nn.{CELL_NAMES[spec.cell]}",
            "    value, found = x[-1, 0], []",
            "    for _ in range(steps):",
            f"        answer = model.head.weight @ states[0, -1] + model.head.bias  # ({numbers},)",
            f"        value = {plus}answer[{numbers // 2}]" + ("  # the median" if numbers > 1 else ""),
            "        found.append(value)",
            "        states, state = model.encoder(value.view(1, 1, 1), state)  # it reads its own answer",
            f"forecast = {_back(one, 'torch.stack(found).double()')}",
        ]
    else:
        shape = f"({spec.horizon}, {numbers})"
        lines += [
            f"    states, _ = model.encoder(x[None])  # torch.nn.{CELL_NAMES[spec.cell]}: (1, window, hidden)",
            f"    answer = (model.head.weight @ states[0, -1] + model.head.bias).view{shape}[:steps]",
            f"{'quantiles' if numbers > 1 else 'forecast'} = "
            + _back(one, "answer.double().sort(dim=1).values" if numbers > 1 else "answer[:, 0].double()"),
        ]
        if numbers > 1:
            lines.append(f"forecast = quantiles[:, {numbers // 2}]  # the median")
    return _joined([*lines, "print(forecast)"])


def forecast_signals(one: Forecaster, origin: int) -> str:
    """Every signal of every layer while the window before an origin is read."""
    return _joined(
        [
            *_with_windows(one),
            f"x = windows.inputs(torch.tensor([{origin}]))  # (1, window, columns)",
            'for layer in model.unroll(x).stacks["encoder"]:',
            "    for name in [*layer.gates, *(['cell'] if layer.cell is not None else []), 'hidden']:",
            "        print(layer.layer, name, layer.signal(name).shape)  # (1, window, hidden)",
        ]
    )


def one_step_echo(one: Forecaster, first: int, count: int, lags: int) -> str:
    """How far one-step forecasts are from the values before."""
    return _joined(
        [
            *_with_windows(one, "forecast"),
            f"origins = list(range({first}, {first + count}))",
            "said = forecast(model, windows, origins, 1).values[:, 0]",
            "true = series.values[origins]",
            f"most = {lags}",
            "before = [true[most - lag : len(true) - lag] for lag in range(most + 1)]",
            "distances = [(said[most:] - one).abs().mean().item() for one in before]",
            "print(distances)  # the smallest at 1: it repeats the last value",
        ]
    )


def forecast_gradients(one: Forecaster, ahead: int) -> str:
    """|∂ŷ/∂y| at each place of the window, in the mean over origins."""
    spec = one.spec
    numbers = LEVELS if spec.head.quantiles else 1
    place = numbers // 2 if spec.recursive else (ahead - 1) * numbers + numbers // 2
    answer = f"model(x)[:, -1, {place}]" if spec.recursive else f"model(x)[:, {place}]"
    return _joined(
        [
            *_with_windows(one),
            'origins = windows.origins("asked")',
            "origins = origins[torch.linspace(0, len(origins) - 1, min(32, len(origins))).long()]",
            "values = windows.scaled_windows(origins).requires_grad_()",
            "x = windows.moved(values)  # as the network reads them",
            f"median = {answer}{' + values[:, -1, 0]' if one.windows.scaling == 'change' else ''}",
            "(gradients,) = torch.autograd.grad(median.sum(), values)",
            "print(gradients[..., 0].abs().mean(dim=0))  # (window,)",
        ]
    )


def compare_forecasts(one: Forecaster, horizon: int) -> str:
    """A network and every baseline at the same origins of the last part."""
    return _joined(
        [
            *_with_windows(one, "rolling_origin"),
            f'*_, found, _ = rolling_origin({{"network": model}}, {{"network": windows}}, horizon={horizon})',
            "for name in found.forecasts:",
            '    print(name, found.mase(name), found.coverage(name), found.difference("network", name))',
        ]
    )


def series_split(series: Series, path: Path | None = None) -> str:
    """The parts of a series, and its windows."""
    return _joined(
        [
            *(["from pathlib import Path"] if path else []),
            *_series_imports(path, "series_windows"),
            "",
            f"series = {_series(series.name, path)}",
            "learned, watched = series.ends",
            "parts = series.values[:learned], series.values[learned:watched], series.values[watched:]",
            "print([len(part) for part in parts])",
            "windows = series_windows(series)",
            "print(windows.window, windows.horizon, windows.scale.mean, windows.scale.size)",
        ]
    )


def forecast_training(
    spec: ModelSpec, run: TrainSpec, name: str, path: Path | None = None, ended: int | None = None
) -> str:
    """A run as a plain loop; `path` is the file of a series that somebody brought, `ended` the last step if early."""
    assert isinstance(spec.input, WindowInput)
    if spec.head.quantiles:
        loss = [
            "    answers = model(batch.inputs).reshape(*batch.targets.shape, len(levels))",
            "    errors = batch.targets[..., None] - answers",
            "    loss = torch.maximum(levels * errors, (levels - 1) * errors).mean()  # pinball",
        ]
    else:
        loss = [
            "    answers = model(batch.inputs).reshape(batch.targets.shape)",
            "    loss = torch.nn.functional.mse_loss(answers, batch.targets)",
        ]
    horizon = "" if spec.recursive else f", horizon={spec.horizon}"
    options = (
        f"{spec.cell!r}, {spec.encoder.hidden_size}, window={spec.input.window}{horizon}, columns={spec.input.size}, "
        f"scaling={spec.input.scaling!r}, recursive={spec.recursive}, quantiles={spec.head.quantiles}"
    )
    lines = [
        *(["from pathlib import Path"] if path else []),
        "import torch",
        *_series_imports(path, "ModelSpec", "TrainSpec", "build_model", "series_windows"),
        "",
        f"spec = ModelSpec.forecaster({options})",
        f"windows = series_windows({_series(name, path)}).for_network(spec)",
        f"run = TrainSpec(epochs={run.epochs}, batch_size={run.batch_size}, seed={run.seed})",
        "model = build_model(spec, seed=run.seed)",
        *optimizer_lines(run, "run.epochs * windows.steps_per_epoch(run)"),
        *([f"levels = torch.tensor({list(QUANTILES)})"] if spec.head.quantiles else []),
        "losses = []",
        "",
        'for step, batch in enumerate(windows.training_batches(run, torch.device("cpu")), start=1):',
        *loss,
        *(line.removeprefix("    ") for line in update_lines(run)),
        *([f"    if step == {ended}:", "        break  # the run above ended here"] if ended else []),
        "print(losses[0], losses[-1])",
    ]
    return _joined(lines)


def _loaded(one: Forecaster) -> list[str]:
    path = one.series_file
    return [
        *(["from pathlib import Path"] if path else []),
        "import torch",
        *_series_imports(path, "load_checkpoint"),
        "",
        f'model = load_checkpoint("{relative_path(one.path)}").build()',
        f"series = {_series(one.series.name, path)}",
    ]


def _with_windows(one: Forecaster, *names: str) -> list[str]:
    path = one.series_file
    return [
        *(["from pathlib import Path"] if path else []),
        "import torch",
        *_series_imports(path, "load_checkpoint", "series_windows", *names),
        "",
        f'model = load_checkpoint("{relative_path(one.path)}").build()',
        f"series = {_series(one.series.name, path)}",
        "windows = series_windows(series).for_network(model.spec)",
    ]


def _series_imports(path: Path | None, *names: str) -> list[str]:
    every = sorted({*names, *([] if path else ["load_series"])}, key=lambda name: (name[0].islower(), name))
    own = ["from seqviz.data.series_table import read_series"] if path else []
    return [f"from seqviz import {', '.join(every)}", *own]


def _series(name: str, path: Path | None) -> str:
    if path is None:
        assert name in SERIES, name
        return f'load_series("{name}")'
    return f'read_series(Path("{relative_path(path)}").read_bytes(), "{name}")'


def _scale_lines(one: Forecaster) -> list[str]:
    """The scale, learned from the first part alone, and every value as it is read."""
    lines = ["learned = series.values[: series.ends[0]]  # nothing behind this part has a say"]
    if one.windows.scaling == "level":
        lines.append("mean, size = learned.mean(), learned.std()")
    else:
        count = min(one.windows.window, 32)
        lines += [
            "mean = learned.mean()",
            f"lags = torch.linspace(1, window, {count}).long().tolist()",
            "size = sum((learned[lag:] - learned[:-lag]).abs().mean() for lag in lags) / len(lags)",
        ]
    lines.append("scaled = ((series.values - mean) / size)[:, None]")
    if one.series.others is not None:
        lines += [
            "others = series.others[: series.ends[0]]",
            "others = (series.others - others.mean(dim=0)) / others.std(dim=0)",
            "scaled = torch.cat([scaled, others], dim=1)",
        ]
    return [*lines, "scaled = scaled.float()"]


def _moved_lines(one: Forecaster) -> list[str]:
    if one.windows.scaling == "level":
        return []
    which = "x[0, 0]" if one.spec.recursive else "x[-1, 0]"
    name = "first" if one.spec.recursive else "last"
    return [f"x[:, 0] -= {which}.clone()  # read from the window's {name} value on"]


def _back(one: Forecaster, scaled: str) -> str:
    """Scaled distances as values of the series."""
    if one.windows.scaling == "level":
        return f"mean + size * {scaled}"
    return f"series.values[origin - {'window' if one.spec.recursive else '1'}] + size * {scaled}"


def _joined(lines: list[str]) -> str:
    return "\n".join([*lines, ""])

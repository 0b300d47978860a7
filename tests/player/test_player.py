"""Timelines arrive in the browser as they were, small, and in exports too."""

import base64
import io
import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from seqviz.data.examples import Digit
from seqviz.instruments.edits import Edit
from seqviz.instruments.order import unit_order
from seqviz.instruments.sampling import sample
from seqviz.instruments.sequence_trace import reference_paths, trace_sequence
from seqviz.instruments.trace import settled_step, trace
from seqviz.networks.build import build_model
from seqviz.palette import NEGATIVE, POSITIVE
from seqviz.player.bundle import FOLDER, MODULES, bundle
from seqviz.player.gif import to_gif
from seqviz.player.page import to_html
from seqviz.player.payload import NOT_FINITE, encode
from seqviz.player.timeline import Alignment, Bars, Characters, Heatmap, Lines, Looking, Picture, Text, Timeline
from seqviz.specs import ModelSpec
from seqviz.timelines.memory import memory_timeline
from seqviz.timelines.signals import signals_timeline
from seqviz.timelines.training import training_timeline
from seqviz.timelines.writing import painted_timeline, texts_timeline, writing_timeline


def decode(payload: bytes) -> dict[str, Any]:
    """The header, with its arrays read back as NumPy reads them."""
    begin = 4 + int.from_bytes(payload[:4], "little")
    start = begin + 4 + int.from_bytes(payload[begin : begin + 4], "little")
    header = json.loads(payload[begin + 4 : start]) | {"options": json.loads(payload[4:begin])}
    panels = [*header["panels"], *(panel for moment in header["moments"] for panel in moment.get("panels", ()))]
    for panel in panels:
        for name, value in panel.items():
            if isinstance(value, dict) and "offset" in value:
                count, code = int(np.prod(value["shape"])), f"<i{value.get('bits', 16) // 8}"
                flat = np.frombuffer(payload, code, count, start + value["offset"])
                panel[name] = flat.reshape(value["shape"]) * value["scale"]
    return header


@pytest.fixture(scope="module")
def reading(digits):
    model = build_model(ModelSpec.classifier("lstm", 12, num_layers=2), seed=1)
    return trace_sequence(model, Digit(digits.test.inputs[7]), reference_paths(model, digits.test), "similarity")


@pytest.fixture(scope="module")
def digits():
    from seqviz.data.datasets import load_dataset

    return load_dataset("digits")


def test_a_timeline_arrives_as_it_was(reading):
    header = decode(encode(memory_timeline(reading, "one"), start=3))
    assert (header["steps"], header["stepName"], header["groups"]) == (28, "row", ["one"])
    assert header["options"] == {"start": 3}
    kinds = [panel["kind"] for panel in header["panels"]]
    assert kinds == ["text", "picture", "heatmap", "bars", "heatmap", "path", "lines"]
    picture, first, bars, second = (header["panels"][i] for i in (1, 2, 3, 4))
    np.testing.assert_allclose(picture["image"], reading.example.image.numpy(), atol=2e-5)
    np.testing.assert_allclose(bars["values"], reading.trace.probabilities[0].numpy(), atol=2e-5)
    for layer, panel in enumerate((first, second)):
        hidden = reading.trace.layers[layer].hidden[0].numpy()
        np.testing.assert_allclose(panel["values"], hidden[:, panel["rows"]], atol=2e-5)
        assert sorted(panel["rows"]) == list(range(12))
    assert header["marks"][0]["step"] == int(settled_step(reading.trace.probabilities)[0])


def test_what_is_not_finite_arrives_as_such():
    """JSON has no NaN and no Infinity, so they must be codes among the numbers, and scales must be finite."""
    values = [[1.0, float("nan")], [float("inf"), -2.0]]
    payload = encode(Timeline(2, (Heatmap("h", values, rows=[0, 1]), Bars("b", values, ["x", "y"], "#000000"))))
    for panel in decode(payload)["panels"]:
        assert panel["values"][[0, 1], [0, 1]] == pytest.approx([1.0, -2.0], abs=1e-4)
        codes = panel["values"][[0, 1], [1, 0]] / panel["values"][1, 1] * -32767
        assert codes == pytest.approx([-32768, -32768]), "the code that the browser takes for NaN"
    codec = (FOLDER / "codec.js").read_text(encoding="utf-8")
    codes = ", ".join(f"{bits}: {code}" for bits, code in NOT_FINITE.items())
    assert f"const NOT_FINITE = {{ {codes} }};" in codec


def test_two_timelines_share_one_clock(reading):
    one = memory_timeline(reading, "one")
    both = one.beside(memory_timeline(reading, "two"))
    assert both.groups == ("one", "two")
    assert [panel.group for panel in both.panels] == [0] * 7 + [1] * 7
    assert [mark.group for mark in both.marks] == [0, 1]


def test_panels_of_another_length_are_a_mistake_of_ours():
    with pytest.raises(AssertionError):
        Timeline(3, (Picture("digit", np.zeros((4, 4))),))


def test_two_layers_of_256_units_fit_into_64_kb(digits):
    model = build_model(ModelSpec.classifier("lstm", 256, num_layers=2))
    reading = trace_sequence(model, Digit(digits.test.inputs[0]), reference_paths(model, digits.test))
    assert len(encode(memory_timeline(reading))) <= 64 * 1024


@pytest.fixture(scope="module")
def history(digits):
    """One digit, read by ten networks of two layers of 256 units, as though they were one network in training."""
    steps = (0, 1, 3, 10, 30, 95, 296, 924, 2884, 9000)
    models = [build_model(ModelSpec.classifier("lstm", 256, num_layers=2), seed) for seed in range(len(steps))]
    traces = [trace(model, digits.test.inputs[:1]) for model in models]
    orders = [list(range(256))] * 2
    return traces, training_timeline(models[0].spec, Digit(digits.test.inputs[0]), steps, traces, orders, target=3)


def test_ten_snapshots_of_two_layers_of_256_units_fit_into_300_kb(history):
    assert len(encode(history[1])) <= 300_000


def test_every_moment_arrives_as_it_was(history):
    traces, timeline = history
    header = decode(encode(timeline))
    assert [moment["number"] for moment in header["moments"]] == [moment.number for moment in timeline.moments]
    last = {"panels": header["panels"]}
    for moment, seen in zip([*header["moments"][:-1], last], traces, strict=True):
        heatmaps = [panel for panel in moment["panels"] if panel["kind"] == "heatmap"]
        assert len(heatmaps) == 3
        for panel, layer in zip(heatmaps, seen.layers, strict=False):
            tolerance = float(layer.hidden.abs().max()) / (65534 if moment is last else 254)
            assert panel["values"] == pytest.approx(layer.hidden[0].numpy(), abs=tolerance * 1.001)
        bars = next(panel for panel in moment["panels"] if panel["kind"] == "bars")
        assert bars["values"] == pytest.approx(seen.probabilities[0].numpy(), abs=1e-4)
    by_step = header["panels"][-1]["values"]
    for number, seen in enumerate(traces):
        assert by_step[:, number] == pytest.approx(seen.probabilities[0, :, 3].numpy(), abs=1e-4)


def test_an_array_that_panels_share_is_sent_once():
    image = np.ones((20, 20))
    one, two = Picture("digit", image), Picture("again", image)
    assert len(encode(Timeline(20, (one, two)))) < len(encode(Timeline(20, (one,)))) + image.size


def test_the_standalone_page_holds_everything_and_asks_for_nothing(reading):
    page = to_html(memory_timeline(reading), "<script>alert(1)</script>")
    assert "<script>alert" not in page
    assert not re.findall(r'(?:src|href)="', page)
    assert "import " not in page.split('<script type="module">')[1]
    data = re.search(r'id="timeline">([^<]*)<', page).group(1)
    assert decode(base64.b64decode(data))["steps"] == 28


@pytest.mark.parametrize("backwards", [False, True])
def test_the_gif_has_a_frame_for_every_row_and_shows_what_was_read(backwards):
    values = np.linspace(-1, 1, 3 * 4).reshape(3, 4)
    timeline = Timeline(
        3,
        (
            Picture("p", np.ones((3, 3))),
            Heatmap("h", values, rows=range(4)),
            Bars("b", np.eye(3), labels="abc", colour="#0072B2"),
        ),
        backwards=backwards,
    )
    gif = Image.open(io.BytesIO(to_gif(timeline)))
    assert gif.n_frames == 3
    darkness = []
    for frame in range(3):
        gif.seek(frame)
        darkness.append(np.asarray(gif.convert("L"))[66:346, 24:304].mean())  # the picture, dark where it has been read
    assert darkness[0] > darkness[1] > darkness[2]
    gif.seek(0)
    top, bottom = np.split(np.asarray(gif.convert("L"))[70:340, 24:304], 2)
    assert (top.mean() > bottom.mean()) == backwards  # backwards the last row is dark first


def test_a_heatmap_that_is_filled_from_the_end_has_its_last_step_first():
    gif = Image.open(io.BytesIO(to_gif(Timeline(3, (Heatmap("h", np.ones((3, 4)), rows=range(4), from_end=True),)))))
    for frame in range(3):
        gif.seek(frame)
        columns = np.array_split(np.asarray(gif.convert("L"))[100:300, 30:460], 3, axis=1)
        painted = [bool(column.mean() < 230) for column in columns]
        assert painted == [place >= 2 - frame for place in range(3)]


def test_every_module_is_in_the_bundle():
    found = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.js")}
    assert found == {*MODULES, "component.js", "standalone.js"}
    for entry in ("component.js", "standalone.js"):
        text = bundle(entry)
        assert not re.search(r"^import ", text, re.MULTILINE)
        assert len(re.findall(r"^export ", text, re.MULTILINE)) == (entry == "component.js")


def test_browser_and_python_use_the_same_colours():
    theme = (FOLDER / "theme.js").read_text(encoding="utf-8")
    for name, colour in (("NEGATIVE", NEGATIVE), ("POSITIVE", POSITIVE)):
        rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert f"const {name} = {json.dumps(rgb)};" in theme


def test_signals_come_in_one_order_and_differences_are_differences(digits):
    model = build_model(ModelSpec.classifier("lstm", 12), seed=1)
    image = digits.test.inputs[7]
    before, after = trace(model, image[None]), trace(model, image[None], [Edit("forget", "clamp", 1.0, first=9)])
    order = unit_order(before.layers[0].hidden[0], "similarity")
    shown = signals_timeline(model.spec, Digit(image), after, 0, order, alongside=before, against=before)
    heatmaps = [panel for panel in shown.panels if isinstance(panel, Heatmap)]
    assert [panel.symbol for panel in heatmaps] == ["i", "f", "g", "o", "c", "h", "Δh"]
    assert {tuple(panel.rows) for panel in heatmaps} == {tuple(order.tolist())}
    assert [panel.scale for panel in heatmaps] == ["share", "share", "signed", "share", "signed", "signed", "signed"]
    difference = (after.layers[0].hidden - before.layers[0].hidden)[0][:, order]
    np.testing.assert_array_equal(heatmaps[-1].values, difference.numpy())
    assert not np.any(heatmaps[-1].values[:9])
    same = signals_timeline(model.spec, Digit(image), before, 0, order, alongside=after)
    assert [panel.limit for panel in same.panels if isinstance(panel, Heatmap)] == [p.limit for p in heatmaps[:-1]]


def test_modules_share_one_scope_without_a_clash():
    """They are joined into one module: a second `function current` would break every page."""
    names = []
    for module in MODULES:
        source = (FOLDER / module).read_text(encoding="utf-8")
        names += re.findall(r"^(?:export )?(?:async )?(?:function|const|class|let) (\w+)", source, flags=re.MULTILINE)
    assert len(names) == len(set(names))


@pytest.fixture(scope="module")
def steps():
    model = build_model(ModelSpec.language_model("ab<&\n\x00", hidden_size=6), seed=1).eval()
    return tuple(sample(model, "<a", 40, temperature=1.5, top_k=3, seed=4))


def test_a_text_arrives_as_it_was_written(steps):
    header = decode(encode(writing_timeline(steps, "<a", "#009E73", "T")))
    sentences, characters, candidates = header["panels"]
    assert (header["steps"], header["stepName"], header["rate"]) == (40, "character", 22.0)
    assert characters["characters"] == [step.character for step in steps], (
        "as text: the browser never reads it as markup"
    )
    assert characters["prompt"] == "<a"
    assert characters["values"] == pytest.approx([step.surprise for step in steps], abs=1e-3)
    for index, step in enumerate(steps):
        assert candidates["labels"][index][candidates["chosen"][index]] == step.character
        kept = [float(one.kept) for one in step.candidates(8)]
        assert candidates["kept"][index].tolist() == pytest.approx(kept, abs=1e-4)
        assert candidates["before"][index] == pytest.approx([one.before for one in step.candidates(8)], abs=1e-4)
    assert f"rank {steps[7].rank}" in sentences["sentences"][7]


def test_columns_stand_on_one_clock(steps):
    columns = [writing_timeline(steps, "a", "#000000", str(number), candidates=False) for number in range(3)]
    timeline = columns[0].beside(columns[1]).beside(columns[2])
    assert timeline.groups == ("0", "1", "2")
    assert [panel.group for panel in timeline.panels] == [0, 0, 1, 1, 2, 2]
    assert timeline.rate == 22.0


def test_a_painted_text_and_texts_over_training():
    activation = torch.tensor([0.5, -1.0, 0.25])
    header = decode(encode(painted_timeline("a\nb", activation, "unit 3", stretches=[(0, 2)])))
    (characters,) = header["panels"]
    assert (characters["scale"], characters["written"], characters["markable"]) == ("signed", False, True)
    assert characters["values"] == pytest.approx([0.5, -1.0, 0.25], abs=1e-4)
    assert characters["stretches"] == [[0, 2]]
    texts = decode(encode(texts_timeline(["x", "<b>y</b>"], ["after 0", "after 1"])))
    assert texts["panels"][1]["sentences"] == ["x", "<b>y</b>"]
    assert texts["panels"][1]["verbatim"]
    page = to_html(texts_timeline(["x", "</script><b>y</b>"], ["0", "1"]), "<i>title</i>")
    assert "<i>title" not in page
    assert "&lt;i&gt;title&lt;/i&gt;" in page
    (packed,) = re.findall(r'id="timeline">([^<]*)<', page)
    assert decode(base64.b64decode(packed))["panels"][1]["sentences"][1] == "</script><b>y</b>"


def test_a_held_timeline_stands_still_at_its_end():
    values = np.arange(6.0).reshape(3, 2)
    short = Timeline(
        3,
        (
            Text("said", ["a", "b", "c"]),
            Characters("text", list("abc"), [1.0, 2.0, 3.0]),
            Lines("shares", values, ["one", "other"], "#000000"),
            Heatmap("forward", values, [0, 1]),
            Heatmap("backward", values, [0, 1], from_end=True),
        ),
    )
    said, text, shares, forward, backward = short.held(5).panels
    assert said.sentences == ["a", "b", "c", "c", "c"]
    assert (text.characters, list(text.values)) == (["a", "b", "c", "", ""], [1.0, 2.0, 3.0, 0.0, 0.0])
    for panel in (shares, forward):
        assert np.array_equal(panel.values, values[[0, 1, 2, 2, 2]])
    assert np.array_equal(backward.values, values[[0, 0, 0, 1, 2]]), "its first row is drawn last"
    with pytest.raises(AssertionError, match="no page holds such a panel"):
        Timeline(1, (Picture("digit", [[0.0]]),)).held(2)


def test_long_names_of_classes_fit_into_a_gif():
    names = ("Science and technology, or what is called so", "World news today")
    timeline = Timeline(2, (Bars("Answer", [[0.9, 0.1], [0.2, 0.8]], names, "#0072B2"),))
    assert to_gif(timeline)[:6] == b"GIF89a"


def test_the_gif_shows_where_a_decoder_looks_once_it_writes():
    weights = np.array([[0, 0], [0, 0], [1, 0], [0, 1]])
    image = np.zeros((4, 4))
    timeline = Timeline(
        4,
        (
            Alignment("looks", ["a", "b"], ["x", "y"], 2, weights, matrix=True),
            Looking("where", image, 4, np.eye(4), grid=2),
        ),
    )
    gif = Image.open(io.BytesIO(to_gif(timeline)))
    assert gif.n_frames == 4
    dark = []
    for frame in range(4):
        gif.seek(frame)
        pixels = np.asarray(gif.convert("RGB")).astype(int)
        dark.append((pixels[100:330, 60:560].sum(axis=2) < 100).sum())
        looked = pixels[66:346, 608:888]  # one of four places is orange
        orange = (looked[..., 0] - looked[..., 2] > 60).reshape(2, 140, 2, 140).mean(axis=(1, 3))
        assert orange.argmax() == frame
        assert (orange > 0.5).sum() == 1
    assert dark[0] == dark[1] < dark[2] < dark[3], "a row a token, from the first that is written"

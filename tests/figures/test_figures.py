"""Figures carry the numbers they were given, in the colours of the house."""

import base64
import io
import json
import math
import pickle
import re

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from PIL import Image
from plotly.io import to_json

from seqviz.data.examples import Digit
from seqviz.figures.attribution import grades_figure, rank_similarity_figure, reach_figure, removal_figure
from seqviz.figures.chart import Chart
from seqviz.figures.confusion import confusion_figure
from seqviz.figures.diagram import cell_diagram
from seqviz.figures.directions import pairs_figure, perplexity_figure
from seqviz.figures.equations import equations
from seqviz.figures.gates import (
    ablation_figure,
    class_figure,
    distribution_figure,
    saturation_figure,
    time_scale_figure,
)
from seqviz.figures.gradients import (
    Course,
    clipping_figure,
    decay_figure,
    distance_figure,
    training_figure,
)
from seqviz.figures.heads import by_row_figure, confident_figure, seeds_figure, weights_figure
from seqviz.figures.live import Line, live_curve
from seqviz.figures.pictures import picture_sheet
from seqviz.figures.sampling import characters_figure, heat_figure
from seqviz.figures.simulated_unit import simulated_unit_figure
from seqviz.figures.units import unit_figure
from seqviz.instruments.gates import gate_statistics
from seqviz.instruments.removal import RemovalCurve
from seqviz.instruments.trace import trace
from seqviz.instruments.unit_equations import unit_equations
from seqviz.networks.build import build_model
from seqviz.palette import CELL_COLOURS, INK, PAPER
from seqviz.specs import ModelSpec


def checked(chart: Chart) -> go.Figure:
    """The chart as Plotly checks it: nothing in it is unknown to Plotly, and nothing is lost."""
    figure = go.Figure(chart.to_dict())
    assert plain(figure) == json.loads(to_json(chart.to_dict(), validate=False))
    return figure


def plain(figure: go.Figure) -> dict[str, object]:
    """What is sent to the browser, without the template that Plotly adds."""
    content = json.loads(to_json(figure.to_plotly_json(), validate=False))
    content["layout"].pop("template")
    return content


def test_a_chart_is_what_plotly_would_have_made():
    theirs, ours = go.Figure(), Chart()
    for figure in (theirs, ours):
        figure.add_scatter(x=[1, 2], y=[3, 4], line={"width": 2}, name="a")
        figure.add_bar(x=["b"], y=[1.5])
        figure.add_heatmap(z=[[1, 2], [3, 4]], colorscale=[[0, "#fff"], [1, "#000"]])
        figure.add_hline(0.5, line={"dash": "dot", "color": "gray"}, annotation_text="chance")
        figure.add_vline(1.5, line={"dash": "dash"}, annotation_text="here")
        figure.update_xaxes(title_text="row", tickformat=".0%")
        figure.update_xaxes(title={"font": {"size": 14}})
        figure.update_yaxes(title_standoff=8, range=[0, 1], dtick=None)
        figure.update_layout(legend={"y": -0.2}, paper_bgcolor="#fff")
    assert plain(checked(ours)) == plain(theirs)


def test_every_chart_is_one_that_plotly_knows(digits):
    """Each figure of the pages, as they draw it; Plotly refuses a name or a value that it does not know."""
    course, means = torch.linspace(-1, 1, 28), torch.rand(10, 28)
    curve = RemovalCurve(torch.linspace(0, 1, 29), torch.rand(29), torch.rand(29))
    seeds = {"lstm": {"concat": [0.9, 0.91], "last": [0.8, 0.85]}}
    probabilities = torch.rand(30).softmax(0)
    model = build_model(ModelSpec.classifier("lstm", 8))
    statistics = gate_statistics(model, digits.test[:20])[0]
    charts = [
        unit_figure(0, course, means, "rnn", Digit(torch.zeros(28, 28)), "light"),
        removal_figure({"one": curve, "two": curve}, 0.2, "Title", "removed", "dark"),
        grades_figure({"gru": {"one": (0.5, 0.1)}}, 0.2, "Title", "light"),
        rank_similarity_figure({"one": {"head": 0.9, "all": 0.1}}, "Title", "light"),
        reach_figure({"RNN": ("#123456", torch.rand(5))}, "light"),
        confusion_figure(torch.tensor([[8, 2], [0, 5]]), 3, "light"),
        distribution_figure(statistics, "light"),
        class_figure(statistics, "dark"),
        saturation_figure([statistics], "light", 2),
        time_scale_figure(torch.rand(8), "input", "light", 2),
        ablation_figure(torch.rand(30), "accuracy, test digits", "light"),
        decay_figure([Course("a", torch.rand(28), "#123456", dots=True)], "Title", "row", "norm", "light"),
        training_figure(torch.rand(3, 28), [0, 1, 10], "Title", 1.0, "light"),
        clipping_figure([1.0, 2.0, math.inf], 1.0, "Title", "#123456", "light"),
        distance_figure([("RNN", "#123456", {5: [0.4, 0.5], 10: [0.2, 0.3]})], "rows", 0.1, "light"),
        seeds_figure(seeds, "Title", "light"),
        pairs_figure({"one": [0.9, 0.8], "other": [0.95, 0.7]}, "gru", "Title", "dark", 300),
        perplexity_figure({"one": {0: 20.0, 5: 3.0}, "other": {0: 20.0, 5: 1.1}}, 5, "gru", "Title", "light", 300),
        by_row_figure({"one": ("#123456", "dash", torch.rand(28))}, "Title", "rows", "light"),
        confident_figure({"one": ("#123456", "square", torch.rand(10))}, "light"),
        weights_figure(torch.randn(28, 8), 3, "light"),
        characters_figure(
            "abc",
            probabilities[:3],
            probabilities[:3],
            torch.tensor([True, False, True]),
            1,
            "Title",
            "#123456",
            "light",
        ),
        heat_figure([0.1, 0.5], {"a": [1.0, math.nan], "b": [0.5, 0.5]}, 0.5, "Title", "y", "light", percent=True),
        simulated_unit_figure({"hidden": [0.1, 0.2]}, "light"),
        simulated_unit_figure({"hidden": [0.1, 0.2], "forget": [0.9, 1.0]}, "dark", "Unit 3", ["not", "<b>"]),
    ]
    for chart in charts:
        checked(chart)
        assert plain(checked(pickle.loads(pickle.dumps(chart)))) == plain(checked(chart)), (
            "as Streamlit's caches keep it"
        )


def test_a_unit_and_its_class_means():
    course, means = torch.linspace(-1, 1, 28), torch.rand(10, 28)
    figure = checked(unit_figure(5, course, means, "gru", Digit(torch.zeros(28, 28)), "dark"))
    assert len(figure.data) == 11
    np.testing.assert_allclose(figure.data[-1].y, course)
    assert figure.data[-1].line.color == CELL_COLOURS["gru"]
    np.testing.assert_allclose(figure.data[3].y, means[3])
    assert figure.layout.paper_bgcolor == PAPER["dark"]
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("row", "hidden state h[5]")


def test_a_class_without_examples_leaves_a_gap():
    means = torch.rand(10, 28)
    means[4] = torch.nan
    figure = checked(unit_figure(0, torch.zeros(28), means, "rnn", Digit(torch.zeros(28, 28)), "light"))
    assert np.isnan(np.array(figure.data[4].y, dtype=float)).all()


def test_the_confusion_matrix_shows_counts_and_colours_shares():
    confusion = torch.tensor([[8, 2], [0, 0]])
    heatmap = checked(confusion_figure(confusion, 3, "light")).data[0]
    assert [list(row) for row in heatmap.text] == [[8, 2], [0, 0]]
    np.testing.assert_allclose(heatmap.z, [[0.8, 0.2], [0, 0]])
    assert [colour for _, colour in heatmap.colorscale] == [PAPER["light"], INK["light"]]


def test_live_curves_keep_their_specification_while_data_grows():
    def drawn(points: int):
        line = Line("this run", range(points), range(points), "#0072B2", dots=True)
        return live_curve("Loss", [line], 100, "nats", references={"before": 0.5})

    data, spec = drawn(3)
    more, same = drawn(30)
    assert spec == same
    assert len(more) == len(data) + 2 * 27
    assert set(data["kind"]) == {"line", "dots", "rule", "label"}


def test_pictures_run_from_paper_to_ink_and_captions_are_text():
    sheet = picture_sheet([torch.tensor([[0.0, 1.0]])], ["a <b>8</b>"], "dark")
    assert "<figcaption>a &lt;b&gt;8&lt;/b&gt;</figcaption>" in sheet
    data = re.search('base64,([^"]+)', sheet).group(1)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert ["#{:02x}{:02x}{:02x}".format(*pixel) for pixel in pixels[0]] == [PAPER["dark"], INK["dark"]]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_printed_sums_are_right_to_the_digits_shown(cell):
    """Read the numbers back out of the KaTeX lines and do the sums again."""
    model = build_model(ModelSpec.classifier(cell=cell, hidden_size=5), seed=1)
    x = torch.rand(1, 28, 28)
    moment = unit_equations(model, x, trace(model, x), layer=0, step=9, unit=3)
    for part, line in zip(moment.sums, equations(moment), strict=False):
        terms = [float(number.replace(" ", "")) for number in re.findall(r"[-+]? ?\d+\.\d{4}", line)]
        *terms, total, value = terms
        if part.gate == "new":
            before, bias, factor, recurrent, hidden_bias = terms
            assert total == pytest.approx(before + bias + factor * (recurrent + hidden_bias), abs=4e-4)
        else:
            assert total == pytest.approx(sum(terms), abs=2e-4)
        assert value == pytest.approx(getattr(torch, part.squash)(torch.tensor(total)).item(), abs=1e-4)
    if cell != "rnn":
        assert equations(moment)[-1].endswith(f"= {moment.hidden:.4f}")


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_diagram_carries_the_moments_numbers(cell):
    model = build_model(ModelSpec.classifier(cell=cell, hidden_size=5), seed=1)
    x = torch.rand(1, 28, 28)
    moment = unit_equations(model, x, trace(model, x), layer=0, step=9, unit=3)
    drawn = cell_diagram(moment, "dark")
    svg = base64.b64decode(re.search(r"base64,([^\"]+)", drawn).group(1)).decode()
    for part in moment.sums:
        value = part.total if part.gate == "preactivation" else part.value
        recurrent = part.factor * (part.from_hidden + part.hidden_bias) if part.gate == "new" else part.from_hidden
        for number in (value, part.from_input, recurrent):
            assert f">{number:.3f}<" in svg
    assert f">{moment.hidden:.3f}<" in svg
    if cell == "lstm":
        value = {part.gate: part.value for part in moment.sums}
        kept, written = value["forget"] * moment.cell_before, value["input"] * value["candidate"]
        for number in (kept, written, moment.cell_state, np.tanh(moment.cell_state)):
            assert f">{number:.3f}<" in svg
    assert f"Unit 3 in the {cell.upper()} at row 10" in drawn


def test_a_backward_layer_comes_from_the_step_after():
    model = build_model(ModelSpec.classifier("lstm", 5, bidirectional=True), seed=1)
    x = torch.rand(1, 28, 28)
    seen = trace(model, x)
    for layer, there, elsewhere in ((0, "c_{t-1}", "t+1"), (1, "c_{t+1}", "t-1")):
        text = " ".join(equations(unit_equations(model, x, seen, layer=layer, step=9, unit=3)))
        assert there in text
        assert elsewhere not in text


def test_two_lines_of_one_name_stay_two():
    lines = [Line("run", [1, 2], [1.0, 2.0], "#000000"), Line("run", [1, 2], [3.0, 4.0], "#ff0000")]
    data, drawing = live_curve("curves", lines, 2.0, "x")
    assert data.groupby("line").value.apply(list).to_dict() == {"run": [1.0, 2.0], "run (2)": [3.0, 4.0]}
    assert drawing["layer"][1]["encoding"]["color"]["scale"]["domain"] == ["run", "run (2)"]

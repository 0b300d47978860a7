"""Shapes: every view opens, its programs give its numbers, and boxes say what they hold."""

import pytest
import torch

from seqviz import snippets
from seqviz.figures.boxes import tensor_box
from seqviz.instruments.layer_shapes import ends_of, gradient_ledger, make_layer, sample_inputs, written_steps
from seqviz.specs import CELLS, RecurrentSpec
from seqviz.ui.shapes import inputs
from tests.pages.test_code import run_snippet
from tests.pages.test_pages import texts


@pytest.mark.parametrize("cell", CELLS)
def test_the_loop_that_is_shown_gives_the_pages_steps(project, cell):
    spec = RecurrentSpec(cell, 4)
    scope = run_snippet(snippets.written_out(spec, 3, 2, 3, 7), project)
    steps = written_steps(make_layer(spec, 3, 7), cell, sample_inputs(2, 3, 3, 7))
    for state, step in zip(scope["states"], steps, strict=True):
        torch.testing.assert_close(state, step.values[-1], atol=1e-15, rtol=0)
    torch.testing.assert_close(torch.stack(scope["states"], dim=1), scope["output"], atol=1e-15, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, True)])
def test_the_other_programs_give_the_pages_tensors(project, cell, layers, both):
    spec = RecurrentSpec(cell, 4, layers, both)
    ends = ends_of(make_layer(spec, 3, 5), sample_inputs(2, 3, 3, 5))
    scope = run_snippet(snippets.layer_ends(spec, 3, 2, 3, 5), project)
    assert torch.equal(scope["output"], ends.output)
    assert torch.equal(scope["state"], ends.state)
    scope = run_snippet(snippets.layer_weights(spec, 3, 5), project)
    assert scope["count"] == sum(parameter.numel() for parameter in make_layer(spec, 3).parameters())


@pytest.mark.parametrize("truncate", [None, 1, 2])
def test_the_ledgers_program_gives_its_sum(project, truncate):
    x, y = (0.5, -1.0, 0.2), (0.0, 0.0, 1.0)
    found = gradient_ledger(1.0, -2.0, x, y, truncate=truncate)
    scope = run_snippet(snippets.ledger(1.0, -2.0, x, y, truncate), project)
    assert scope["total"] == pytest.approx(found.total, abs=1e-14)
    assert scope["u"].grad.item() == pytest.approx(found.autograd, abs=1e-14)


@pytest.mark.parametrize("source", ["digit", "sentence", "series"])
def test_the_lines_that_are_shown_run(project, source):
    from seqviz.data.load_series import load_series
    from seqviz.instruments.layer_shapes import digit_lines, sentence_lines, series_lines

    lines, first = {
        "digit": (
            digit_lines(torch.rand(3, 1, 28, 28), 8),
            "images = load_dataset('digits').test.inputs[:3].unsqueeze(1)",
        ),
        "sentence": (sentence_lines(torch.tensor(inputs.SENTENCES), 6, 4, 8), "tokens = torch.tensor([[0, 1, 2]] * 2)"),
        "series": (series_lines(load_series("sine").values[:12].float(), 5, 8), "series = torch.arange(12.0)"),
    }[source]
    scope = run_snippet(inputs._program(lines, first), project)
    assert scope["output"].shape[2] == lines[-1].tensor.shape[2]


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"shape_squeeze": "0"},
        {"shape_columns": "1", "shape_batch_first": "0"},
        {"shape_source": "sentence"},
        {"shape_source": "series", "shape_window": "10"},
        {"view": "weights", "shape_cell": "lstm", "shape_layers": "3", "shape_both": "1", "shape_hidden": "64"},
        {"view": "weights", "shape_cell": "rnn", "shape_inputs": "1", "shape_hidden": "1"},
        {"view": "steps", "shape_cell": "rnn", "shape_hidden": "64"},
        {"view": "ends", "shape_cell": "lstm", "shape_both": "1", "shape_layers": "2"},
        {"view": "ledger", "ledger_weight": "-2", "ledger_truncate": "1"},
        {"view": "ledger", "ledger_weight": "7", "ledger_truncate": "x", "shape_hidden": "0"},
    ],
    ids=str,
)
def test_every_view_opens_as_a_link_says(open_page, link):
    app = open_page("shapes", **link)
    assert not app.exception
    assert not app.error
    assert app.header[-1].value == "What to notice"


def test_what_pytorch_says_without_squeeze_is_on_the_page(open_page):
    app = open_page("shapes", shape_squeeze="0")
    assert "got 4D" in texts(app)


def test_one_direction_has_everything_at_its_end_and_two_have_not(open_page):
    assert "**is** the last layer's state" in texts(open_page("shapes", view="ends"))
    assert "**2 of 4** numbers" in texts(open_page("shapes", view="ends", shape_both="1"))


def test_a_box_names_its_shape_and_escapes_what_it_is_called():
    box = tensor_box("<b>", torch.arange(6.0).reshape(2, 3), ("N", "input"), marked=torch.eye(2, 3).bool())
    assert 'aria-label="&lt;b&gt;: shape (2, 3)"' in box
    assert box.count("<td") == 6
    assert box.count('class="marked"') == 2
    large = tensor_box("images", torch.rand(3, 1, 28, 28))
    assert "data:image/png" in large
    assert large.count('class="sheet"') == 2

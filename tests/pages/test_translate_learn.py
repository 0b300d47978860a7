"""Train live on the Translation page: settings, runs of three kinds, pairs of one's own, and the run as a program."""

from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from seqviz.data import captions as drawn
from seqviz.data import tags as tagged
from seqviz.data import tasks
from seqviz.data.pair_table import pairs_of_table
from seqviz.data.pairs import Pairs
from seqviz.data.tables import Table, read_table
from seqviz.errors import CheckpointError, PrivateRun
from seqviz.jobs.history import runs_folder
from seqviz.jobs.jobs import JobView
from seqviz.jobs.texts import keep_text, text_file
from seqviz.jobs.visitors import is_public
from seqviz.networks.build import build_model
from seqviz.snippets.translation_training import task_training
from seqviz.specs import ATTENTIONS, EmbeddingInput, EncoderDecoderSpec, HeadSpec, ModelSpec, RecurrentSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, save_checkpoint
from seqviz.training.events import StepCompleted
from seqviz.training.loop import train
from seqviz.training.recipes import captions_recipe, tags_recipe
from seqviz.training.snapshots import Snapshots, half_precision_weights, save_snapshots
from seqviz.ui.shell import caches, live_run, runs
from seqviz.ui.translate import learn, over_training
from seqviz.ui.translate.own_pairs import likely_units
from tests.pages.test_code import run_snippet
from tests.pages.test_privacy import everything
from tests.waiting import wait_until

SECRET = "SECRET PIN 4711"


def learn_page() -> None:
    from seqviz.ui.shell.stage import stage
    from seqviz.ui.translate.learn import VIEW

    stage("translate", (VIEW,))


@pytest.fixture
def open_learn(monkeypatch, tmp_path):
    monkeypatch.setenv("SEQVIZ_RUNS", str(tmp_path / "runs"))
    st.cache_resource.clear()

    def open_learn(**link: str) -> AppTest:
        app = AppTest.from_function(learn_page, default_timeout=60)
        app.query_params.update(link)
        return app.run()

    yield open_learn
    caches.jobs().shutdown()


@pytest.fixture
def few_pairs() -> Pairs:
    return own_pairs("apples")


def own_pairs(word: str) -> Pairs:
    rows = tuple((str(number), f"{number % 7} {word}") for number in range(80))
    return pairs_of_table(Table(("a", "b"), rows, True, 0), "a", "b", ("letters", "words")).pairs


def translator(data: Pairs, cell="gru", attention="dot") -> EncoderDecoderSpec:
    return EncoderDecoderSpec.translator(data.source.vocabulary, data.target.vocabulary, cell, 8, attention=attention)


def saved(data: Pairs, name: str, owner: str = "owner") -> None:
    """A run of one step on these pairs, with snapshots."""
    model = build_model(translator(data))
    columns = ("step", "loss", "gradient_norm", "count", "exact", "eval_step", "eval_loss", "eval_exact")
    run = Checkpoint(
        model.spec,
        model.state_dict(),
        data.name,
        TrainSpec(),
        "sequence_cross_entropy",
        step=3,
        total=3,
        owner=owner,
        curve={column: [1.0] for column in columns},
        metrics={"exact": 0.25, "loss": 1.0},
        scored_at=3,
    )
    save_checkpoint(run, runs_folder() / f"{name}.safetensors")
    weights = {step: half_precision_weights(model) for step in (0, 1)}
    (runs_folder() / "snapshots").mkdir(parents=True, exist_ok=True)
    save_snapshots(Snapshots(model.spec, weights), runs_folder() / "snapshots" / f"{name}.safetensors")


def losses(spec, data, training) -> list[float]:
    events = train(build_model(spec, training.seed), data, training)
    return [event.loss for event in events if isinstance(event, StepCompleted)]


@pytest.mark.parametrize("share", [1.0, 0.25])
@pytest.mark.parametrize(("cell", "attention"), [("gru", "dot"), ("lstm", "additive"), ("rnn", "none")])
def test_the_program_of_a_run_on_pairs_gives_the_same_losses(project, tmp_path, few_pairs, cell, attention, share):
    keep_text(tmp_path, few_pairs, "own")
    spec = translator(few_pairs, cell, attention)
    training = TrainSpec(
        epochs=2,
        batch_size=16,
        schedule="one-cycle",
        bucket_by_length=True,
        seed=3,
        device="cpu",
        teacher_forcing=share,
    )
    program = task_training(spec, training, few_pairs.name, text_file(tmp_path, few_pairs.name))
    assert run_snippet(program, project)["losses"] == pytest.approx(losses(spec, few_pairs, training), abs=1e-6)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_the_program_of_a_run_on_pictures_gives_the_same_losses(project, monkeypatch, attention):
    whole = drawn.captions()
    few = replace(whole, train=whole.train[:40], test=whole.test[:10])
    monkeypatch.setattr(tasks, "captions", lambda digits: few)
    spec = EncoderDecoderSpec.captioner(few.target.vocabulary, "lstm", 8, attention=attention)
    training = TrainSpec(batch_size=16, schedule="one-cycle", device="cpu")
    found = run_snippet(task_training(spec, training, "captions"), project)["losses"]
    assert found == pytest.approx(losses(spec, few, training), abs=1e-6)


@pytest.mark.parametrize("both", [True, False])
def test_the_program_of_a_run_on_tags_gives_the_same_losses(project, monkeypatch, both):
    whole = tagged.tags()
    few = replace(whole, train=whole.train[:40], test=whole.test[:10])
    monkeypatch.setattr(tasks, "tags", lambda: few)
    reads = EmbeddingInput(few.vocabulary.characters, 5)
    spec = ModelSpec(reads, RecurrentSpec("gru", 6, bidirectional=both), HeadSpec("each_step", len(tagged.TAGS)))
    training = TrainSpec(batch_size=16, bucket_by_length=True, device="cpu")
    found = run_snippet(task_training(spec, training, "tags", ended=2), project)["losses"]
    assert found == pytest.approx(losses(spec, few, training)[:2], abs=1e-6)


def test_what_is_made_here_is_public_and_what_is_brought_is_not(few_pairs):
    assert all(map(is_public, ("numbers-fr-en", "dates-de", "captions", "captions-two", "tags", "planted")))
    assert not any(map(is_public, (few_pairs.name, "own-0123456789ab", "table-0123456789ab", "pairs-")))


def view_of(spec, objective: str, data: str, metrics: dict[str, float]) -> JobView:
    return JobView("run", "finished", spec, TrainSpec(), data, objective, "", 9, 9, {}, metrics=metrics, scored_at=9)


def test_each_kind_of_run_says_what_it_can_do(few_pairs):
    spec = translator(few_pairs)
    said = live_run.score(view_of(spec, "sequence_cross_entropy", "numbers-de-en", {"exact": 0.5}))
    assert said == "After 9 steps **50.0%** of its answers to held-out texts are exactly right."
    spec = EncoderDecoderSpec.captioner("\nab", hidden_size=4)
    said = live_run.score(view_of(spec, "sequence_cross_entropy", "captions", {"exact": 1.0}))
    assert said == "After 9 steps **100.0%** of its answers to held-out pictures are exactly right."
    spec = ModelSpec(EmbeddingInput("ab", 2), RecurrentSpec("gru", 3), HeadSpec("each_step", 7))
    said = live_run.score(view_of(spec, "step_cross_entropy", "tags", {"accuracy": 0.25}))
    assert said == "After 9 steps it tags **25.0%** of the held-out characters rightly."


def test_the_shipped_network_is_shown_first(open_learn):
    app = open_learn()
    assert not app.exception
    sent = everything(app)
    assert "of its answers to held-out texts are exactly right" in sent
    assert "Exact answers" in sent
    assert "Translate with this network" in [button.label for button in app.button]
    assert runs.kind_of("numbers") == "pairs"
    assert runs.kind_of("tags") == "tags"
    assert runs.kind_of("nothing") is runs.kind_of("no name!") is None


def test_another_task_has_another_recipe(open_learn):
    def number(label: str) -> int:
        return next(field.value for field in app.number_input if field.label == label)

    def learn_from(task: str) -> None:
        next(box for box in app.selectbox if box.label == "Learn").set_value(task).run()

    app = open_learn(task_units="32", task_epochs="9")
    assert (number("Units of the decoder"), number("Epochs")) == (32, 9)
    learn_from("tags")
    assert number("Units in each direction") == tags_recipe(tagged.tags())[0].encoder.hidden_size
    assert not [box for box in app.selectbox if box.label == "Right words read in the end"]
    next(switch for switch in app.toggle if switch.label == "Both directions").set_value(False).run()
    one_direction = tags_recipe(tagged.tags(), bidirectional=False)[0].encoder
    assert number("Units in each direction") == one_direction.hidden_size
    learn_from("captions")
    assert number("Epochs") == captions_recipe(drawn.captions())[1].epochs
    assert not app.exception


def test_two_equal_languages_get_a_sentence(open_learn):
    app = open_learn(language_from="fr", language_to="fr")
    assert "Both languages are French. Choose another one to read or to write." in everything(app)
    assert not [button for button in app.button if button.label == "Start training"]
    assert not app.exception


def test_pairs_of_ones_own_are_learned_from_and_kept(open_learn):
    app = open_learn(learned_task="own", task_units="8", task_epochs="1")
    assert "Nothing yet. At least 50 pairs" in everything(app)
    rows = "".join(f'"{number}","{number % 7} apples"\n' for number in range(80))
    uploaded = next(field for field in app.get("file_uploader"))
    uploaded.upload("apples.csv", f"number,text\n{rows}".encode(), "text/csv").run()
    assert not app.exception
    assert "72 pairs to learn from, 8 held out; read in letters" in everything(app)
    app.button(key="learn a task").click().run()
    run = app.session_state["task run"]
    wait_until(lambda: caches.jobs().get(run).ended)
    app.run()
    assert not app.exception
    assert runs.kind_of(run) == "pairs"
    assert list((runs_folder() / "texts").glob("pairs-*.csv"))
    box = next(box for box in app.selectbox if box.label == "Which pairs")
    assert box.value == caches.jobs().get(run).view().dataset
    assert "apples.csv" in box.options[1]


def test_only_its_owner_sees_a_run_on_pairs_that_somebody_brought(open_learn, monkeypatch):
    monkeypatch.setenv("SEQVIZ_SHARED", "1")
    data, name = own_pairs(SECRET), "20260101-120000-gru-pairs-beef"
    keep_text(runs_folder(), data, "owner")
    saved(data, name)
    other = open_learn(run=name, task="own")
    assert f"The run {name} is private" in everything(other)
    assert SECRET not in everything(other)
    assert "Which pairs" not in [box.label for box in other.selectbox]
    with pytest.raises(PrivateRun):
        runs.resume(name)
    monkeypatch.setenv("SEQVIZ_SHARED", "0")
    assert "**25.0%** of its answers" in everything(open_learn(run=name))


def test_a_run_of_another_page_is_not_shown_here(open_learn):
    app = open_learn(run="example")
    assert "The run example is of another kind; watch it on the Train page." in everything(app)
    with pytest.raises(CheckpointError, match="watch it on the Translation page"):
        runs.view("numbers", "digits")


def test_attention_over_training_has_a_moment_for_each_snapshot(open_learn):
    data, name = own_pairs("apples"), "20260101-120000-gru-pairs-cafe"
    keep_text(runs_folder(), data, "")
    saved(data, name)
    app = open_learn(run=name)
    app.session_state[f"open {over_training.TITLE}"] = True
    app.run()
    assert not app.exception
    assert "should become" in everything(app)
    one = caches.translator(name)
    assert over_training.training_steps(one) == (0, 1, 3)
    right = tuple(one.model.target.encode(data.test[0][1]).tolist())
    found = over_training._translations(name, one.version, (0, 1, 3), data.test[0][0], right, one)
    timeline = over_training.timeline_of(one, data.test[0][0], (0, 1, 3), found, right)
    assert [moment.number for moment in timeline.moments] == [0, 1, 3]
    assert {panel.title for panel in timeline.panels} == {panel.title for panel in timeline.moments[0].panels}


def test_units_are_guessed_by_length():
    table = read_table(b"a;b\n" + b"one;a sentence that is longer than a few words are\n" * 9)
    assert (likely_units(table, "a"), likely_units(table, "b")) == ("letters", "words")


def test_curves_of_other_kinds_can_stand_behind(open_learn):
    app = open_learn(behind="tags")
    assert not app.exception
    assert list(live_run.lines_behind(runs.view("numbers", "pairs"), runs.known(*learn.KINDS)[0], "exact")) == []

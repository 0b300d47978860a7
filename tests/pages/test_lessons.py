"""Lessons: every scene opens in its state, every prediction can be given and is answered, and own ones are checked."""

import tomllib

import pytest

from seqviz.__main__ import main
from seqviz.data.lessons import FOLDER, lesson_names, load_lesson, read_lesson
from seqviz.data.sketch import POINTS, encode_sketch
from seqviz.errors import DataError, InputError
from seqviz.ui.shell.contents import PAGES
from seqviz.ui.shell.lesson_bar import handout, open_lesson, scene_problems
from seqviz.ui.shell.reveals import CURVES, MEASUREMENTS, measured_curve, revealed
from tests.pages.test_pages import texts

SCENES = [(name, number) for name in lesson_names() for number in range(1, len(load_lesson(name).scenes) + 1)]
ONE = 'title = "One"\nabout = "A."\n[[scene]]\npage = "gates?unit=3"\ntext = "Look."\n'


def test_twelve_lessons_ship_with_enough_to_predict():
    lessons = [load_lesson(name) for name in lesson_names()]
    assert len(lessons) == 12
    asked = [scene.predict for lesson in lessons for scene in lesson.scenes if scene.predict]
    assert len({predict.question for predict in asked}) >= 25
    assert all(predict.misconception for predict in asked)
    assert {predict.measured for predict in asked if predict.measured} == set(MEASUREMENTS)
    assert {predict.sketch for predict in asked if predict.sketch} == set(CURVES)


@pytest.mark.parametrize("name", lesson_names())
def test_every_scene_can_be_shown(name):
    assert scene_problems(load_lesson(name)) == []


@pytest.mark.parametrize(("name", "number"), SCENES)
def test_a_scene_opens_in_its_state_and_its_prediction_is_answered(open_page, name, number):
    scene = load_lesson(name).scenes[number - 1]
    app = open_page(PAGES[scene.page].file.removesuffix(".py"), lesson=name, scene=str(number), **scene.link)
    assert not app.exception
    assert scene.text[:40] in texts(app)
    if scene.predict is not None:
        assert "comes after your answer" in app.info[0].value
        assert not app.header
        key = f"prediction {name} {number}"
        answer = encode_sketch([0.5] * POINTS) if scene.predict.sketch else list(scene.predict.choices)[-1]
        if scene.predict.sketch:
            app.session_state["predictions"] = {key: answer}
            app.run()
        else:
            app.button(key=f"{key} {answer}").click().run()
        assert not app.exception
        found = measured_curve(scene.predict.sketch) if scene.predict.sketch else revealed(scene.predict.measured)
        assert found.sentence in texts(app)
        assert found.source in texts(app)
    assert app.header[-1].value == "What to notice"
    assert not app.error
    assert not app.toast


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_every_measurement_gives_one_of_its_choices(name):
    found = revealed(name)
    assert found.right in MEASUREMENTS[name].keys
    assert found.sentence
    assert found.source


@pytest.mark.parametrize("name", CURVES)
def test_every_curve_stays_in_its_frame(name):
    curve = measured_curve(name)
    assert len(curve.heights) == POINTS
    assert min(curve.heights) >= 0
    assert max(curve.heights) <= 1


def test_no_answer_stands_in_a_lesson():
    """It is measured: what a file says may be wrong tomorrow."""
    for path in FOLDER.glob("*.toml"):
        for scene in tomllib.loads(path.read_text("utf-8"))["scene"]:
            assert set(scene.get("predict", {})) <= {
                "question", "choices", "sketch", "measured", "misconception", "source",
            }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "is no TOML"),
        ('title = "One"', "about is missing. It must have 1 to 40 scenes"),
        (ONE + "colour = 3\n", "Scene 1: a scene has no colour."),
        ('title = "One"\nabout = "A."\nscene = ["x"]', "Scene 1: it is 'x'; a scene stands under"),
        (ONE + "do = 3\n", "do is 3; it must be a text in quotes"),
        (ONE + '[scene.predict]\nquestion = "Why?"\nmeasured = 5\n', "measured of a prediction must be a text"),
        (ONE.replace("Look.", "x" * 701), "text has more than 700 characters"),
        (ONE.replace("gates?unit=3", "oven"), "there is no page 'oven'"),
        (ONE.replace("unit=3", "unit=x"), "unit cannot be 'x'"),
        (ONE.replace("unit=3", "drawn=3"), "'drawn' means nothing on the page gates"),
        (ONE + '[scene.predict]\nquestion = "Why?"\n', "must have 2 to 6 choices"),
        (ONE + '[scene.predict]\nquestion = "Why?"\nsketch = "hill"\n', "no curve is called 'hill'"),
        (
            ONE + '[scene.predict]\nquestion = "Why?"\nmeasured = "luck"\nchoices = { a = "A", b = "B" }\n',
            "nothing measures 'luck'",
        ),
        (
            ONE + '[scene.predict]\nquestion = "Why?"\nmeasured = "cold"\nchoices = { a = "A", b = "B" }\n',
            "must have the keys surer, less",
        ),
    ],
)
def test_what_is_wrong_with_a_lesson_is_said(tmp_path, capsys, text, message):
    with pytest.raises(InputError, match=message):
        open_lesson(text, "mine")
    file = tmp_path / "mine.toml"
    file.write_text(text, "utf-8")
    assert main(["lesson", str(file)]) == 1
    assert message.partition(".")[0][:30] in capsys.readouterr().err


def test_a_lesson_is_checked_from_the_terminal(tmp_path, capsys):
    assert main(["lesson", str(FOLDER / "12-forecast.toml")]) == 0
    assert "A forecast has to beat yesterday: 8 scenes with 6 predictions" in capsys.readouterr().out
    assert main(["lesson", str(tmp_path / "none.toml")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_a_lesson_of_ones_own_without_a_measurement_lets_the_page_answer(open_page):
    lesson = open_lesson(ONE + '[scene.predict]\nquestion = "Why?"\nchoices = { a = "A", b = "B" }\n', "mine")
    app = open_page("gates")
    app.session_state["own-lesson"] = lesson
    app.query_params.update({"lesson": "own-lesson", "scene": "1"})
    app.run()
    app.button(key="prediction own-lesson 1 a").click().run()
    assert "You said: *A*. The page answers below." in texts(app)


@pytest.mark.parametrize(
    "link", [{"lesson": "../x"}, {"lesson": "12-forecast", "scene": "39"}, {"lesson": "own-lesson"}]
)
def test_a_wrong_lesson_in_a_link_is_said_or_bounded(open_page, link):
    app = open_page("gates", **link)
    assert not app.exception
    assert app.toast or "8 of 8" in texts(app)


def test_a_lesson_prints_with_its_questions_and_without_answers():
    lesson = load_lesson("02-data-as-sequences")
    page = handout(lesson)
    assert page.count("<h2>") == len(lesson.scenes)
    assert "☐ It refuses" in page
    assert revealed("squeeze").sentence not in page
    hostile = read_lesson(ONE.replace("Look.", "<script>alert(1)</script>"), "mine")
    assert "<script>" not in handout(hostile)


def test_pages_end_with_a_question_of_the_lessons(open_page):
    app = open_page("forecast", view="echo")
    assert "**Predict.** What has this network learned?" in texts(app)
    app.button(key="prediction forecast echo knows").click().run()
    assert "**To repeat the last value**: you said: *Where the walk goes*." in texts(app)
    assert "measured just now" in texts(app)


def test_there_is_no_other_lesson():
    with pytest.raises(DataError, match="There is no lesson 'x'"):
        load_lesson("x")

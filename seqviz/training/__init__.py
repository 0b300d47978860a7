"""Training as a generator of events, the jobs that run it in the background, and the checkpoints it leaves."""

from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.training.devices import pick_device, there, training_threads
from seqviz.training.distances import (
    CHANCE,
    DISTANCES,
    RATE,
    Problem,
    Trials,
    learn_over_distances,
    task_data,
    task_models,
)
from seqviz.training.estimate import step_seconds
from seqviz.training.events import (
    EvalAdvanced,
    EvalCompleted,
    RunEnded,
    SnapshotTaken,
    StepCompleted,
    TrainEvent,
)
from seqviz.training.history import Run, list_runs, runs_folder
from seqviz.training.jobs import ENDED, Job, JobRequest, JobView
from seqviz.training.lessons import AnyData, total_steps
from seqviz.training.loop import train
from seqviz.training.queue import JobQueue
from seqviz.training.race import Race, Racer, RacerSpec, race, repeat_race
from seqviz.training.readings import CONTESTANTS, TRAINED, Reading, race_on_readings
from seqviz.training.recipes import default_recipe, evaluated_often, text_recipe
from seqviz.training.snapshots import Snapshots, halved, load_snapshots, save_snapshots, snapshot_steps
from seqviz.training.verdict import Difference, on_the_same_examples, over_seeds

__all__ = [
    "CHANCE",
    "CONTESTANTS",
    "DISTANCES",
    "ENDED",
    "RATE",
    "TRAINED",
    "AnyData",
    "Checkpoint",
    "Difference",
    "EvalAdvanced",
    "EvalCompleted",
    "Job",
    "JobQueue",
    "JobRequest",
    "JobView",
    "Problem",
    "Race",
    "Racer",
    "RacerSpec",
    "Reading",
    "Run",
    "RunEnded",
    "SnapshotTaken",
    "Snapshots",
    "StepCompleted",
    "TrainEvent",
    "Trials",
    "default_recipe",
    "evaluated_often",
    "halved",
    "learn_over_distances",
    "list_runs",
    "load_checkpoint",
    "load_snapshots",
    "on_the_same_examples",
    "over_seeds",
    "pick_device",
    "race",
    "race_on_readings",
    "repeat_race",
    "runs_folder",
    "save_checkpoint",
    "save_snapshots",
    "snapshot_steps",
    "step_seconds",
    "task_data",
    "task_models",
    "text_recipe",
    "there",
    "total_steps",
    "train",
    "training_threads",
]

"""Good starting points, found by trial: what the Train page opens with."""

from seqviz.errors import DataError
from seqviz.specs import ModelSpec, TrainSpec


def default_recipe(dataset: str) -> tuple[ModelSpec, TrainSpec]:
    """A small network and a short run that read the dataset well while the class watches.

    One-cycle rates after Smith and Topin 2019 (arXiv 1708.07120): a high peak, reached and left smoothly.
    """
    model = ModelSpec(cell="lstm", hidden_size=64, head="concat")
    if dataset == "mnist":
        return model, TrainSpec(epochs=3, batch_size=128, learning_rate=1e-2, schedule="one-cycle", snapshot_every=20)
    if dataset == "digits":
        return model, TrainSpec(epochs=12, batch_size=32, learning_rate=8e-3, schedule="one-cycle", snapshot_every=10)
    raise DataError(f"There is no recipe for the dataset {dataset!r}; there is one for digits and one for mnist.")

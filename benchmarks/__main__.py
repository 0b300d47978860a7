"""`python -m benchmarks [NAME …]`: measure all, or the ones named; recipe and loop need MNIST, shakespeare and
reviews their texts."""

import argparse
from importlib import import_module
from pathlib import Path

from benchmarks.report import table, write

BENCHMARKS = {
    "imports": "networks.imports_against_torch",
    "lengths": "networks.padded_batches_against_packed",
    "trace": "instruments.trace_against_fused",
    "gradients": "instruments.gradients_against_backward",
    "pages": "pages.warm_reruns",
    "player": "browser.player",
    "clicks": "browser.clicks_while_training",
    "load": "load.thirty_visitors",
    "start": "start.to_the_first_player",
    "workers": "workers.beside_a_server",
    "loop": "training.worker_against_bare_loop",
    "checkpoints": "training.checkpoints_beside_training",
    "race": "training.race_against_one_after_the_other",
    "attribution": "attribution.methods_beside_forward",
    "sampling": "sampling.characters_a_second",
    "text": "sampling.text_training_against_bare_loop",
    "words": "words.words",
    "reviews": "words.reviews",
    "tasks": "tasks.tasks",
    "forecast": "forecast.forecasts",
    "shakespeare": "sampling.shakespeare_in_a_minute",
    "recipe": "training.recipe_against_plain_loop",
}
"""Function by name; its module is imported when it is measured, so that no other needs what the browser needs."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file, too")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    figures = []
    for name in options.names or BENCHMARKS:
        print(f"measuring {name} …", flush=True)
        module, function = BENCHMARKS[name].split(".")
        figures += getattr(import_module(f"benchmarks.{module}"), function)()
    print(table(figures))
    if options.json:
        write(figures, options.json)


if __name__ == "__main__":
    main()

"""Programs that spell a picture out, in plain PyTorch."""

from seqviz.palette import CELL_NAMES
from seqviz.snippets.parts import relative_path
from seqviz.snippets.subjects import Translator
from seqviz.snippets.translation import attention_lines, writing_loop
from seqviz.specs import PictureInput


def captioning(translator: Translator, picture: str) -> str:
    """A picture, given as an expression, letter by letter; it prints the sentence."""
    spec = translator.spec
    decoder, grid = spec.decoder, spec.input
    assert isinstance(grid, PictureInput)
    names = ["load_checkpoint", "load_task" if picture.startswith("load_task") else "load_dataset"]
    imports = f"from seqviz import {', '.join(sorted(names))}"
    if picture.startswith("picture"):
        imports += "\nfrom seqviz.data.captions import picture"
    lstm = decoder.cell == "lstm"
    return f"""import torch

{imports}

checkpoint = load_checkpoint("{relative_path(translator.path)}")
target, weights = checkpoint.model.decoder.vocabulary, checkpoint.weights


def part(module, name):
    module.load_state_dict({{key[len(name) :]: w for key, w in weights.items() if key.startswith(name)}})
    return module


x = {picture}[None, None]  # (1, 1, {grid.size}, {grid.size})
bridge = part(torch.nn.Linear({grid.grid**2 * grid.channels}, weights["bridge.bias"].numel()), "bridge.")
decoder = part(torch.nn.{CELL_NAMES[decoder.cell]}({decoder.embedding_size}, {decoder.hidden_size}, \
{decoder.num_layers}, batch_first=True), "decoder.")
with torch.no_grad():
    for layer in (0, 2, 4):
        w, b = weights[f"encoder.layers.{{layer}}.weight"], weights[f"encoder.layers.{{layer}}.bias"]
        x = torch.nn.functional.conv2d(x, w, b, stride=2, padding=1).relu()
    places = x.flatten(2).mT  # (1, {grid.grid**2}, {grid.channels})
    norm = part(torch.nn.LayerNorm({grid.channels}), "encoder.norm.")
    read = norm(places) + weights["encoder.places"]
    first = bridge(read.flatten(1)).tanh().view(-1, {decoder.num_layers}, 1, {decoder.hidden_size})
    state = {"(first[0], first[1])" if lstm else "first[0]"}
{attention_lines(translator, None)}
{writing_loop(translator)}"""

"""Programs that translate with a shipped or trained network, in plain PyTorch."""

from collections.abc import Sequence

from seqviz.instruments.attention_edits import AttentionEdit
from seqviz.palette import CELL_NAMES
from seqviz.snippets.parts import relative_path
from seqviz.snippets.subjects import Translator


def translating(
    translator: Translator,
    text: str,
    forced: Sequence[tuple[int, int]] = (),
    edit: AttentionEdit | None = None,
    right: Sequence[int] | None = None,
) -> str:
    """One text, token by token, through `nn.GRU`, `nn.LSTM` or `nn.RNN` and their cells; it prints what is written."""
    tokens = translator.model.source.split(text)
    return f"""{_read(translator, tokens)}
{_first_state(translator)}
{attention_lines(translator, edit)}
{writing_loop(translator, forced, right)}"""


def writing_loop(
    translator: Translator, forced: Sequence[tuple[int, int]] = (), right: Sequence[int] | None = None
) -> str:
    """The decoder's loop, once there are `decoder`, its first `state`, what was `read`, and `attend`."""
    spec = translator.spec
    steps = f"right = {[*right, 0]}\n" if right is not None else ""
    limit = "len(right)" if right is not None else "120"
    features = "features = h" if spec.decoder.attention == "none" else _LOOKS
    choice = f"token = {dict(forced)}.get(step, token)  # put in by hand" if forced else ""
    fed = "right[step]" if right is not None else "token"
    end = "" if right is not None else "\n        if token == 0:\n            break"
    return f"""{steps}written, probabilities, looks, fed = [], [], [], 0  # the first token of the vocabulary is the end
with torch.no_grad():
    for step in range({limit}):
        output, state = decoder(weights["target_embedding.weight"][fed][None, None], state)
        h = output[:, 0]  # (1, hidden)
        {features}
        p = torch.nn.functional.linear(features, weights["head.weight"], weights["head.bias"]).softmax(dim=1)[0]
        token = int(p.argmax()){_indented(choice)}
        written.append(token)
        probabilities.append(p)
        fed = {fed}{end}
text = "{"" if isinstance(spec.decoder.vocabulary, str) else " "}".join(target[token] for token in written if token)
print(text)
"""


def exactness(first: Translator, second: Translator) -> str:
    """How often two networks answer exactly, by the length of the right answer."""
    files = tuple(relative_path(one.path) for one in (first, second))
    return f"""from seqviz import exact_by_length, load_checkpoint, load_task

data = load_task("{first.checkpoint.dataset}")
found = [exact_by_length(load_checkpoint(file).build(), data) for file in {files!r}]
for lengths in found:
    print(sum(one.exact for one in lengths) / sum(one.count for one in lengths))
    print([(one.length, one.exact, one.count) for one in lengths])
"""


def way_back(networks: Sequence[Translator], text: str, right: Sequence[int], step: int) -> str:
    """The norms of one written token's gradient at everything that was read."""
    files = tuple(relative_path(one.path) for one in networks)
    return f"""from seqviz import load_checkpoint, way_back

norms = []
for file in {files!r}:
    model = load_checkpoint(file).build()
    way = way_back(model, model.source.encode({text!r}), {list(right)}, {step})
    norms.append(way.encoder / way.decoder[-1])
    print(norms[-1])
"""


def stack_signals(translator: Translator, text: str, stack: str) -> str:
    """Every signal of the layers that read or that write."""
    return f"""from seqviz import load_checkpoint, translate

model = load_checkpoint("{relative_path(translator.path)}").build()
found = translate(model, model.source.encode({text!r}))
for layer in found.{stack}:
    print(layer.layer, layer.direction, layer.hidden.shape, sorted(layer.gates))
"""


def _indented(line: str) -> str:
    return f"\n        {line}" if line else ""


def _read(translator: Translator, tokens: Sequence[str]) -> str:
    spec = translator.spec
    encoder, decoder = spec.encoder, spec.decoder
    assert encoder is not None
    name = CELL_NAMES[encoder.cell]
    return f"""import torch

from seqviz import load_checkpoint

checkpoint = load_checkpoint("{relative_path(translator.path)}")
source, target, weights = checkpoint.model.input.vocabulary, checkpoint.model.decoder.vocabulary, checkpoint.weights


def part(module, name):
    module.load_state_dict({{key[len(name) :]: w for key, w in weights.items() if key.startswith(name)}})
    return module


encoder = part(
    torch.nn.{name}({spec.input.size}, {encoder.hidden_size}, {encoder.num_layers}, \
batch_first=True, bidirectional=True), "encoder."
)
bridge = part(torch.nn.Linear({spec.read_features}, weights["bridge.bias"].numel()), "bridge.")
decoder = part(torch.nn.{name}({decoder.embedding_size}, {decoder.hidden_size}, {decoder.num_layers}, \
batch_first=True), "decoder.")

tokens = torch.tensor([[source.index(token) for token in {list(tokens)!r}]])
with torch.no_grad():
    read, ends = encoder(weights["embedding.weight"][tokens])  # (1, time, features)"""


def _first_state(translator: Translator) -> str:
    lstm = translator.spec.decoder.cell == "lstm"
    decoder = translator.spec.decoder
    state = "state = (first[0], first[1])" if lstm else "state = first[0]"
    size = f"-1, {decoder.num_layers}, 1, {decoder.hidden_size}"
    return f"""    forward, backward = {"ends[0]" if lstm else "ends"}[-2:]  # where the two readers end
    first = bridge(torch.cat([forward, backward], dim=1)).tanh().view({size})
    {state}
"""


_LOOKS = """look = attend(h, step)  # (1, time)
        looks.append(look[0])
        features = combine(torch.cat([look @ read[0], h], dim=1)).tanh()"""


def attention_lines(translator: Translator, edit: AttentionEdit | None) -> str:
    """The function `attend` and what it needs, once there is what was `read`; nothing where there is no attention."""
    spec = translator.spec
    if spec.decoder.attention == "none":
        return ""
    hidden = spec.decoder.hidden_size
    combine = f'combine = part(torch.nn.Linear({spec.read_features + hidden}, {hidden}), "attention.combine.")'
    keys = 'keys = read[0] @ weights["attention.keys.weight"].T  # (time, hidden)'
    scores = f"scores = h @ keys.T / {hidden}**0.5"
    if spec.decoder.attention == "additive":
        scores = (
            'query = torch.nn.functional.linear(h, weights["attention.queries.weight"], '
            'weights["attention.queries.bias"])\n'
            '    scores = torch.tanh(query + keys) @ weights["attention.scorer.weight"][0]\n'
            "    scores = scores[None]"
        )
    return f"""{combine}
{keys}


def attend(h, step):
    {scores}
    look = scores.softmax(dim=1){_edited(edit)}
    return look

"""


def _edited(edit: AttentionEdit | None) -> str:
    """What is done to the attention, as lines of `attend`."""
    if edit is None or edit.change == "none":
        return ""
    if edit.change == "freeze":
        return f"\n    look = look if step <= {max(0, edit.start - 1)} else looks[{max(0, edit.start - 1)}][None]"
    start = f"\n    if step >= {edit.start}:\n        "
    if edit.change == "move":
        return f"{start}look = look.roll({edit.amount}, dims=1)"
    return f"{start}look = {1 - edit.amount / 100:g} * look + {edit.amount / 100:g} / look.shape[1]"

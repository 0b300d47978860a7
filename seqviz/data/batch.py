"""Sequences side by side, padded to the longest: what data gives, and what training and the instruments take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from seqviz.errors import InputError

Inputs = Float[Tensor, "batch time features"] | Int[Tensor, "batch time"]
Targets = Int[Tensor, "targets *rest"] | Float[Tensor, "targets *rest"]
Rows = slice | Sequence[int] | Int[Tensor, " rows"]


@dataclass(frozen=True)
class Batch:
    """Inputs `(batch, time, features)` or tokens `(batch, time)`, what is to be answered, and each sequence's length.

    `targets` are a class or a number a sequence, or a class a step. Without `lengths` every sequence is as long as the
    tensor. Lengths stay on the CPU, where PyTorch's packing wants them. A batch that `continues` the one before goes on
    with the states that its sequences ended in.

    >>> batch = Batch.collate([torch.ones(3, 2), torch.ones(1, 2)], torch.tensor([0, 1]))
    >>> batch.inputs.shape, batch.lengths.tolist(), batch.mask.tolist()
    (torch.Size([2, 3, 2]), [3, 1], [[True, True, True], [True, False, False]])
    >>> batch[1:].inputs.shape
    torch.Size([1, 1, 2])
    """

    inputs: Inputs
    targets: Targets
    lengths: Int[Tensor, " lengths"] | None = None
    continues: bool = False

    def __post_init__(self) -> None:
        count = len(self.inputs)
        if len(self.targets) != count:
            raise InputError(f"There are {count} sequences and {len(self.targets)} targets; each needs one.")
        if self.lengths is None:
            return
        if self.lengths.shape != (count,) or self.lengths.device.type != "cpu":
            raise InputError(
                f"The lengths have shape {tuple(self.lengths.shape)} on {self.lengths.device}; "
                f"they must be ({count},), one for each sequence, on the CPU."
            )
        if count and not 1 <= int(self.lengths.min()) <= int(self.lengths.max()) <= self.time:
            raise InputError(
                f"The lengths go from {int(self.lengths.min())} to {int(self.lengths.max())}; "
                f"with {self.time} time steps they must be from 1 to {self.time}."
            )

    @classmethod
    def collate(cls, sequences: Sequence[Tensor], targets: Targets | Sequence[Tensor]) -> "Batch":
        """Sequences `(time, features)` or `(time,)` of any lengths, padded with zeros to the longest.

        Targets a step may come as one tensor `(time,)` for each sequence; they are padded, too.

        Raises:
            InputError: there are no sequences, or not as many targets.
        """
        if not len(sequences):
            raise InputError("There are no sequences to put side by side.")
        lengths = torch.tensor([len(sequence) for sequence in sequences])
        if not isinstance(targets, Tensor):
            targets = pad_sequence(list(targets), batch_first=True)
        return cls(pad_sequence(list(sequences), batch_first=True), targets, lengths)

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def time(self) -> int:
        """Steps of the longest sequence, padding included."""
        return self.inputs.shape[1]

    @property
    def mask(self) -> Bool[Tensor, "batch time"] | None:
        """Which steps belong to a sequence; None where all do."""
        return None if self.lengths is None else mask_of(self.lengths, self.time).to(self.inputs.device)

    def __getitem__(self, rows: Rows) -> "Batch":
        """Some of the sequences, padded to the longest of them.

        Targets a step keep their width: an objective looks at as many of them as there are steps.
        """
        lengths = None if self.lengths is None else self.lengths[rows]
        time = self.time if lengths is None or not len(lengths) else int(lengths.max())
        inputs, targets = _rows_of(self.inputs, rows), _rows_of(self.targets, rows)
        return replace(self, inputs=inputs[:, :time], targets=targets, lengths=lengths)

    def split(self, size: int) -> Iterator["Batch"]:
        """The sequences `size` at a time, each part as wide as the whole."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            lengths = None if self.lengths is None else self.lengths[rows]
            yield replace(self, inputs=self.inputs[rows], targets=self.targets[rows], lengths=lengths)

    def to(self, device: torch.device | str) -> "Batch":
        """The same batch on a device; the lengths stay."""
        return replace(self, inputs=self.inputs.to(device), targets=self.targets.to(device))


def _rows_of(tensor: Tensor, rows: Rows) -> Tensor:
    """`tensor[rows]`; rows by their numbers, from 0 on, are copied whole, in a fifth of indexing's time."""
    if isinstance(rows, Tensor) and rows.device == tensor.device and rows.dtype == torch.long:
        return tensor.index_select(0, rows)
    return tensor[rows]


Sequences = Batch | Tensor
"""What an instrument reads: a batch, or inputs alone that are all of one length."""


def inputs_and_lengths(sequences: Sequences) -> tuple[Tensor, Tensor | None]:
    """The inputs, and their lengths where they differ from the tensor's."""
    return (sequences.inputs, sequences.lengths) if isinstance(sequences, Batch) else (sequences, None)


def check_one_length(batch: Batch) -> None:
    """For what counts rows from the start: all sequences must have the same.

    Raises:
        InputError: some are shorter than others.
    """
    if batch.lengths is not None and int(batch.lengths.min()) < batch.time:
        raise InputError(
            f"The sequences have {int(batch.lengths.min())} to {batch.time} steps; here all must have the same number."
        )


def mask_of(lengths: Int[Tensor, " batch"], time: int) -> Bool[Tensor, "batch time"]:
    """Which of `time` steps each sequence has."""
    return torch.arange(time, device=lengths.device) < lengths[:, None]


def shuffled(
    count: int,
    batch_size: int,
    generator: torch.Generator,
    lengths: Int[Tensor, " count"] | None = None,
) -> list[Int[Tensor, " rows"]]:
    """The rows of each batch of one epoch, in an order that depends on the generator alone.

    With `lengths`, batches hold sequences of similar length, so that little is padded: the shuffled rows are cut into
    pieces of many batches, each piece is sorted by length and cut into batches, and the batches are shuffled.
    """
    order = torch.randperm(count, generator=generator)
    if lengths is None:
        return list(order.split(batch_size))
    pieces = [piece[lengths[piece].argsort(stable=True)] for piece in order.split(batch_size * BUCKET)]
    batches = [batch for piece in pieces for batch in piece.split(batch_size)]
    return [batches[place] for place in torch.randperm(len(batches), generator=generator).tolist()]


BUCKET = 50
"""Batches that are sorted by length together."""

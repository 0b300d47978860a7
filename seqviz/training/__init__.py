"""Training as a generator of events, and the checkpoints and snapshots it leaves."""

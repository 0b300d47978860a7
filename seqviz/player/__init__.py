"""The player: a timeline in, drawn in the browser on one clock, or exported. Computes nothing."""

"""The networks: built from a spec, run fused, or unrolled one step after another."""

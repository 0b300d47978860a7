"""Results in, figures out: Plotly for what stands still, Vega-Lite for what grows. Computes nothing."""

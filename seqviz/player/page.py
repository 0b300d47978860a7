"""A timeline as one HTML file that plays without a server."""

import base64
import html

from seqviz.palette import INK, PAPER
from seqviz.player.bundle import bundle, stylesheet
from seqviz.player.payload import encode
from seqviz.player.timeline import Timeline


def to_html(timeline: Timeline, title: str) -> str:
    """The player, its data and its style in one document."""
    data = base64.b64encode(encode(timeline, autoplay=True)).decode()
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>
:root {{
  --st-background-color: {PAPER["light"]}; --st-text-color: {INK["light"]};
  --st-secondary-background-color: #f1f3f6; --st-primary-color: #8a3b12; --st-font: system-ui, sans-serif;
}}
@media (prefers-color-scheme: dark) {{
  :root {{
    --st-background-color: {PAPER["dark"]}; --st-text-color: {INK["dark"]};
    --st-secondary-background-color: #1c222c; --st-primary-color: #f0a070;
  }}
}}
body {{ background: var(--st-background-color); color: var(--st-text-color); font-family: var(--st-font);
  margin: 1.5rem auto; max-width: 75rem; padding: 0 1rem; }}
{stylesheet()}
</style>
<h1>{html.escape(title)}</h1>
<div id="host"></div>
<script type="text/plain" id="timeline">{data}</script>
<script type="module">
{bundle("standalone.js")}
</script>
</html>
"""

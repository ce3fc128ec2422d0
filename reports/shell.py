"""The frame of every page: head, style, scripts, header with its links, and the button that turns it dark."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from ratebound.reports.fragments import text


def document(
    title: str,
    description: str,
    links: Sequence[tuple[str, str]],
    main: str,
    footer: str,
    scripts: Sequence[str] = (),
) -> str:
    """Return a whole HTML document.

    Parameters
    ----------
    title, description
        Plain text, escaped here.
    links
        Anchor and name of each section, for the navigation.
    main, footer
        HTML.
    scripts
        Addresses beside the page, loaded in this order after the page is read.
    """
    css = (files("ratebound.reports") / "page.css").read_text(encoding="utf-8")
    navigation = "\n".join(f'<a href="#{text(anchor)}">{text(name)}</a>' for anchor, name in links)
    loaded = "\n".join(f'<script src="{text(address)}" defer></script>' for address in scripts)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<link rel="icon" href="data:,">
<style>
{css}</style>
{loaded}
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<header>
<button type="button" id="theme" hidden></button>
<h1>{text(title)}</h1>
<p class="soft">{text(description)}</p>
<nav aria-label="Sections">{navigation}</nav>
</header>
<main id="main">
{main}
</main>
<footer>
{footer}
</footer>
</body>
</html>
"""

"""Opens the engine that a setting names, so that nobody else knows which engines there are."""

from search.embedded import EmbeddedEngine
from search.port import Engine, Layout


def open_engine(url: str, layout: Layout) -> Engine:
    """Open an empty engine for documents of this layout.

    Raises:
        ValueError: there is no such engine; the sentence is fit for the person who wrote the setting.
    """
    if url == "embedded:":
        return EmbeddedEngine(layout)
    scheme = url.split(":", 1)[0]
    raise ValueError(f'No search engine answers to "{scheme}:"; write "embedded:".')

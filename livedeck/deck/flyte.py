"""What a task's code and the SDK use of Decks, light enough to be imported by every program."""

from livedeck.deck.components import HtmlBlock, LineChart, MarkdownBlock, ProgressBar, ValueTile
from livedeck.deck.page import Deck, Page, bound_page, current_page
from livedeck.deck.renderers import to_html
from livedeck.deck.settings import DeckPublish

__all__ = [
    "Deck",
    "DeckPublish",
    "HtmlBlock",
    "LineChart",
    "MarkdownBlock",
    "Page",
    "ProgressBar",
    "ValueTile",
    "bound_page",
    "current_page",
    "to_html",
]

"""The program that README shows, as it stands there."""

import re
from pathlib import Path

from livedeck.client import Client
from livedeck.deck.ops import Html
from tests.integration.running import finished_deck, phase_of, python_outputs, run

README = Path(__file__).parents[2] / "README.md"


async def test_the_readmes_program_runs_and_its_deck_holds_the_last_epoch(client: Client, tmp_path: Path) -> None:
    programs = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    file = tmp_path / "training.py"
    file.write_text(next(each for each in programs if "import livedeck as flytekit" in each))
    ended = run(client, file, "training", epochs=5)
    assert phase_of(ended) == "SUCCEEDED", ended.closure.error.message
    assert abs(python_outputs(client, ended.id)["o0"] - 0.9**5) < 1e-9
    uri = next(node.closure.deck_uri for node in client.node_executions(ended.id) if node.closure.deck_uri)
    document = await finished_deck(uri.removesuffix("/deck.html"))
    (metrics,) = [deck for deck in document.decks if deck.name == "metrics"]
    (element,) = metrics.elements
    assert isinstance(element, Html)
    assert element.html == f"<h2>Epoch 4</h2><p>Loss: {0.9**5:.4f}</p>"

"""Data as a tree, code, maths, sounds and films: in the live frame and in the saved file, by keyboard."""

from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.acceptance.console import Stage

pytestmark = pytest.mark.acceptance

FILL = """
deck = Deck('things')
layers = {'first': [1, 2], 'second': {'deep': 'needle'}}
tree = deck.json({'rate': 0.1, 'large': 2**63, 'layers': layers}, title='Settings')
deck.code('def f(x):\\n    return x\\n', 'python', title='f.py', highlight_lines=8, first_line=7)
deck.markdown('With $x_1^2$ for $5:\\n\\n$$\\n\\\\sum_{i=1}^n i\\n$$\\n\\nand $\\\\frac{$ wrong')
deck.audio([0.0, 0.5] * 4000, rate=8000, caption='a tone')
deck.video(b'no film', caption='none')
publish()
"""


def shows_all(deck: FrameLocator | Page) -> None:
    expect(deck.get_by_role("treeitem")).to_have_count(4)
    expect(deck.locator(".ld-code-line[data-marked]")).to_have_text("    return x")
    expect(deck.locator(".ld-word-keyword").first).to_have_text("def")
    expect(deck.locator(".ld-markdown msubsup")).to_be_visible()
    expect(deck.locator(".ld-markdown math[display=block] munderover")).to_be_visible()
    expect(deck.locator(".ld-math-wrong")).to_contain_text("KaTeX parse error: Unexpected end")
    expect(deck.locator(".ld-markdown")).to_contain_text("for $5:")
    expect(deck.locator(".ld-video")).to_contain_text("These 7 bytes are no MP4, WebM or Ogg")
    expect(deck.locator("audio[aria-label='a tone']")).to_have_js_property("duration", 1)


def test_all_of_it_in_the_live_frame(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    shows_all(stage.deck)
    tree, keyboard = stage.deck.get_by_role("tree", name="Settings"), stage.page.keyboard
    tree.get_by_role("treeitem").first.focus()
    for key in ("End", "ArrowRight", "ArrowDown", "ArrowRight"):
        keyboard.press(key)
    expect(tree.get_by_role("treeitem")).to_have_count(8)
    strings.run("Deck('framed', '<script>0</script>').markdown('$y^2$')\npublish()")
    stage.tab("framed").click()
    expect(stage.inner("framed").locator(".ld-markdown msup")).to_be_visible()
    stage.tab("things").click()
    strings.run("tree.update({'rate': 0.2, 'layers': {'first': [3, 4], 'second': {}}})\npublish()")
    expect(tree).to_contain_text("0.2")
    expect(tree.get_by_role("treeitem")).to_have_count(7)
    stage.deck.get_by_label("a tone").evaluate("node => node.muted = true")
    stage.deck.get_by_label("a tone").focus()
    keyboard.press("Space")
    expect(stage.deck.locator("audio[aria-label='a tone']")).to_have_js_property("ended", True)
    strings.finish()


def test_all_of_it_in_the_saved_file_and_what_it_is_without_scripts(stage: Stage, tmp_path: Path) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    expect(stage.deck.get_by_role("tree", name="Settings")).to_be_visible()
    with stage.page.expect_download() as download:
        stage.panel.get_by_role("link", name="Download").click()
    path = tmp_path / "saved.html"
    download.value.save_as(path)
    strings.finish()
    stage.page.goto(path.as_uri())
    shows_all(stage.page)
    browser = stage.page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        expect(page.locator(".ld-json-text")).to_contain_text("9223372036854775808")
        expect(page.locator("code.ld-math").first).to_have_text("$x_1^2$")
        expect(page.locator(".ld-code-text")).to_have_text("def f(x):\n    return x\n")
        expect(page.locator("audio[controls]")).to_be_visible()

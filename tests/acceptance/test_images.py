"""Images of every kind, with what lies over them: in the live frame, by keyboard, and in the saved file from disk."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.acceptance.console import Stage, wait_until

pytestmark = pytest.mark.acceptance

Deck = FrameLocator | Page
FILL = """
import io
import numpy as np
from PIL import Image

class Tensor:
    '''What a Deck uses of one of torch's.'''
    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, 'torch.' + str(array.dtype)
    def detach(self):
        return self
    cpu = detach
    def numpy(self):
        return self.array

def in_format(name):
    file = io.BytesIO()
    image.save(file, name, **({'lossless': True} if name == 'WEBP' else {}))
    return file.getvalue()

grey = np.zeros((60, 80), np.uint8)
grey[:, 40:] = 255
colours = np.zeros((60, 80, 3), np.uint8)
colours[:, :40, 0] = colours[:, 40:, 2] = 255
image = Image.fromarray(colours)
svg = ('<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><rect width="40" height="60" fill="red"/>'
       '<rect x="40" width="40" height="60" fill="blue"/></svg>')
given = {
    'HW uint8': grey, 'HW float': grey / 255, 'HW bool': grey > 0, 'HWC uint8': colours, 'HWC float': colours / 255,
    'CHW uint8': colours.transpose(2, 0, 1), 'CHW float': colours.transpose(2, 0, 1) / 255,
    'HWC alpha': np.dstack([colours, np.full((60, 80), 255, np.uint8)]), 'tensor': Tensor(colours.transpose(2, 0, 1)),
    'PIL': image, 'PNG': in_format('PNG'), 'JPEG': in_format('JPEG'), 'GIF': in_format('GIF'),
    'WEBP': in_format('WEBP'), 'SVG': svg,
}
deck, kinds = Deck('over'), Deck('kinds')
for name, each in given.items():
    kinds.image(each, caption=name)
kinds.image(np.zeros((2, 3, 5)), caption='none')

labels = np.zeros((30, 40), int)
labels[:, :10], labels[:, 30:] = 1, 2
black = np.zeros((60, 80, 3), np.uint8)
points = {'<b>hip': (0.5, 0.25), 'knee': (0.5, 0.75)}
laid = dict(
    caption='laid over', boxes=[(0.4, 0.4, 0.2, 0.2, '<i>box')], keypoints=points,
    skeleton=[('<b>hip', 'knee')], masks=labels, classes={1: '<u>road', 2: 'car'},
)
figure = deck.image(black, **laid)
deck.image(black, caption='refused', masks=labels.T, keypoints=[(120, 80)])
for step, level in enumerate((40, 120, 250)):
    deck.image(np.full((60, 80), level, np.uint8), caption='steps', step=step)
publish()
"""
GREY, COLOURS = [[0, 0, 0], [255, 255, 255]], [[255, 0, 0], [0, 0, 255]]
PIXELS = """nodes => nodes.map(node => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [node.naturalWidth, node.naturalHeight];
  const pen = canvas.getContext("2d");
  pen.drawImage(node, 0, 0);
  return [canvas.width, canvas.height, ...[10, 70].map(x => [...pen.getImageData(x, 30, 1, 1).data].slice(0, 3))];
})"""
"""The size of pictures, and two of their pixels."""
WATCH = """figure => {
  const img = figure.querySelector("img");
  const seen = { heights: new Set(), empty: 0, node: img, going: true };
  const look = () => {
    seen.heights.add(figure.getBoundingClientRect().height);
    if (figure.querySelector("img") !== seen.node || img.naturalWidth === 0 || img.hidden) seen.empty += 1;
    if (seen.going) requestAnimationFrame(look);
  };
  look();
  figure.seen = seen;
}"""
"""Look at a figure in each frame from now on."""
FOUND = "figure => (figure.seen.going = false, [figure.seen.heights.size, figure.seen.empty])"


def shown(deck: Deck, caption: str) -> Locator:
    """The figure that has this caption."""
    return deck.locator(f".ld-image:has(figcaption > bdi:text-is('{caption}'))")


def open_tab(deck: Deck, name: str) -> None:
    deck.get_by_role("tab", name=name, exact=True).click()


def every_kind_is_shown(deck: Deck) -> None:
    open_tab(deck, "kinds")
    figures = deck.locator(".ld-image:visible")
    expect(figures).to_have_count(16)
    expect(shown(deck, "none")).to_contain_text("An array of 2 by 3 by 5 is no picture")
    captions = figures.locator("figcaption").all_inner_texts()
    pictures = figures.locator(".ld-image-layer > img:not([hidden])")
    expect(pictures).to_have_count(15)
    pictures.evaluate_all("nodes => Promise.all(nodes.map(node => node.decode()))")
    for caption, (width, height, *pixels) in zip(captions, pictures.evaluate_all(PIXELS), strict=False):
        wanted = GREY if caption.startswith("HW ") else COLOURS
        assert (width, height) == (80, 60), caption
        assert np.abs(np.subtract(pixels, wanted)).max() < 3, (caption, pixels)  # a JPEG is near
    first, second = (figures.nth(place).bounding_box() for place in (0, 1))
    assert first is not None
    assert second is not None
    assert first["y"] == second["y"], "they stand side by side"
    assert first["x"] + first["width"] < second["x"]


def colours(figure: Locator, *places: float) -> list[tuple[int, ...]]:
    """The colours of a picture as it is seen, at shares of its width, near its upper edge."""
    picture = Image.open(io.BytesIO(figure.locator(".ld-image-frame").screenshot())).convert("RGB")
    return [picture.getpixel((int(picture.width * place), int(picture.height * 0.1))) for place in places]  # type: ignore[misc]


def is_seen(page: Page, figure: Locator, places: list[float], wanted: list[bool | int]) -> None:
    """Wait until colours are seen at these places, or none; or, where a number is wanted, a grey as light."""

    def fits(colour: tuple[int, ...], want: bool | int) -> bool:
        if isinstance(want, bool):
            return (max(colour) > 60) is want
        return all(abs(each - want) < 4 for each in colour)

    wait_until(page, lambda: all(map(fits, colours(figure, *places), wanted)))


def what_lies_over_is_shown_and_hidden(page: Page, deck: Deck) -> None:
    open_tab(deck, "over")
    figure = shown(deck, "laid over")
    is_seen(page, figure, [0.1, 0.3, 0.9], [True, False, True])
    expect(figure.locator(".ld-image-box")).to_have_text("<i>box")
    road = figure.get_by_role("button", name="<u>road", exact=True)
    expect(road).to_have_attribute("aria-pressed", "true")
    road.focus()
    page.keyboard.press("Space")
    expect(road).to_have_attribute("aria-pressed", "false")
    is_seen(page, figure, [0.1, 0.3, 0.9], [False, False, True])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    is_seen(page, figure, [0.1, 0.3, 0.9], [False, False, False])
    for name in ("<u>road", "car"):
        figure.get_by_role("button", name=name, exact=True).click()
    is_seen(page, figure, [0.1, 0.3, 0.9], [True, False, True])

    points = figure.locator(".ld-image-point")
    frame, hip = figure.locator(".ld-image-frame").bounding_box(), points.first.bounding_box()
    assert frame is not None
    assert hip is not None
    assert abs(hip["x"] + hip["width"] / 2 - frame["x"] - frame["width"] / 2) < 1
    assert abs(hip["y"] + hip["height"] / 2 - frame["y"] - frame["height"] / 4) < 1
    label = points.first.get_by_text("<b>hip", exact=True)
    expect(label).to_have_css("opacity", "0")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(label).to_have_css("opacity", "1")
    figure.get_by_role("button", name="Keypoints").click()
    expect(points).to_have_count(0)
    expect(shown(deck, "refused")).to_contain_text("The mask cannot be shown: it is 40 by 30, and the picture 60 by 80")
    expect(shown(deck, "refused")).to_contain_text("1 of 1 keypoints are none")


def steps_are_led_through_and_compared(page: Page, deck: Deck) -> None:
    figure = shown(deck, "steps")
    slider = figure.get_by_role("slider", name="Step")
    expect(figure.get_by_text("step 2")).to_be_visible()
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "step 1")
    is_seen(page, figure, [0.1, 0.9], [120, 120])
    figure.get_by_role("button", name="Compare").click()
    is_seen(page, figure, [0.1, 0.9], [40, 120])
    figure.get_by_role("slider", name="How much of the first").focus()
    page.keyboard.press("End")
    is_seen(page, figure, [0.1, 0.9], [40, 40])


def test_images_in_the_live_frame_and_in_the_saved_file(stage: Stage, tmp_path: Path) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    every_kind_is_shown(stage.deck)
    what_lies_over_is_shown_and_hidden(stage.page, stage.deck)
    steps_are_led_through_and_compared(stage.page, stage.deck)

    figure = shown(stage.deck, "laid over")
    figure.evaluate(WATCH)
    for level in (60, 90, 200):
        strings.run("figure.update(black + level, **laid)\npublish()", level=level)
        is_seen(stage.page, figure, [0.3], [level])
    assert figure.evaluate(FOUND) == [1, 0], "it has one height, and there is a picture in every frame"
    strings.run("figure.update(black, **laid)\npublish()")
    is_seen(stage.page, figure, [0.3], [0])

    with stage.page.expect_download() as download:
        stage.panel.get_by_role("link", name="Download").click()
    path = tmp_path / "saved.html"
    download.value.save_as(path)
    strings.finish()
    stage.page.goto(path.as_uri())
    every_kind_is_shown(stage.page)
    what_lies_over_is_shown_and_hidden(stage.page, stage.page)
    steps_are_led_through_and_compared(stage.page, stage.page)
    browser = stage.page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        plain = shown(page, "laid over")
        is_seen(page, plain, [0.1, 0.3, 0.9], [True, False, True])
        expect(plain.locator(".ld-image-legend")).to_have_text("<u>roadcar")
        expect(shown(page, "steps")).to_contain_text("step 2 (3 steps)")

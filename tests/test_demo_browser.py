"""The page as visitors use it, in Chromium, at a desk and on a phone; nothing may leave the machine."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest

pytest.importorskip("gradio", reason="needs the extra: pip install 'midi-text[demo]'")
pytest.importorskip("playwright", reason="needs playwright, from the extra dev")
from demo_server import ARGUMENTS, BROWSER, HOSTILE, need_browser, served
from playwright.sync_api import Browser, Page, expect, sync_playwright

EXAMPLES = Path(__file__).parents[1] / "src" / "midi_text" / "demo" / "examples"
pytestmark = pytest.mark.timeout(300)  # seconds; a browser on a busy machine
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
PATIENCE = 60_000  # milliseconds, for a machine that has other work
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def address(tiny_checkpoint: Path) -> Iterator[str]:
    need_browser()
    with served(tiny_checkpoint) as (url, _):
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need_browser()
    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=BROWSER, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(params=SIZES)
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A visitor's page; what it asks of other machines, and what goes wrong in it, fails the test."""
    context = browser.new_context(viewport=SIZES[request.param], has_touch=request.param == "phone")
    context.set_default_timeout(PATIENCE)
    visited = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    visited.on("request", lambda call: asked.append(call.url))
    visited.on("pageerror", lambda error: wrong.append(str(error)))
    visited.goto(address)
    expect(visited.locator("#compose-prompt textarea")).to_be_visible()
    yield visited
    assert not wrong
    elsewhere = [url for url in asked if urlparse(url).scheme in ("http", "https") and not url.startswith(address)]
    assert not elsewhere, "the page asked other machines"
    wide = visited.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 1, "the page must not scroll sideways"
    context.close()


def tab(page: Page, name: str) -> None:
    """Opens a tab; on a narrow screen it may be in the menu of those that do not fit."""
    found = page.get_by_role("tab", name=name, exact=True)
    if not found.is_visible():
        page.locator(".overflow-menu > button").click()
        page.locator(".overflow-dropdown").get_by_text(name, exact=True).click()
        return
    found.click()


def player(page: Page, name: str, bars: int | None = None) -> None:
    """Waits until a player has a whole piece that can be heard."""
    box = page.locator(
        f"#{name} [data-done='yes']" if bars is None else f"#{name} [data-done='yes'][data-bars='{bars}']"
    )
    expect(box).to_be_attached()
    expect(page.locator(f"#{name} [data-roll]")).to_be_visible()
    expect(page.locator(f"#{name} [data-decoded]")).to_be_attached()
    inked = page.locator(f"#{name} [data-roll]").evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 === 3 && v > 0)"
    )
    assert inked, "the roll is drawn"


def test_compose_hear_download_share_and_take_over(page: Page, address: str):
    page.locator("#compose-prompt textarea").fill("a little piece for piano, 4 bars")
    page.locator("#compose-go").click()
    player(page, "compose-player", 4)
    expect(page.locator("#compose-player [data-heard]")).to_be_attached()  # it began by itself
    expect(page.locator("#compose-table")).to_contain_text("✓ met")
    play = page.locator("#compose-player [data-play]")
    if play.get_attribute("aria-label") == "Pause":
        play.click()
    expect(play).to_have_attribute("aria-label", "Play")
    play.focus()
    page.keyboard.press("Enter")
    expect(play).to_have_attribute("aria-label", "Pause")
    with page.expect_download() as download:
        page.locator("#compose-midi").click()
    assert Path(download.value.path()).read_bytes().startswith(b"MThd")
    with page.expect_download() as download:
        page.locator("#compose-wav").click()
    assert Path(download.value.path()).read_bytes().startswith(b"RIFF")
    first = page.locator("#compose-said").inner_text()
    link = page.locator("#compose-link").locator("input, textarea")
    expect(link).to_have_value(re.compile(re.escape(address)))
    shared = link.input_value()
    page.locator("#compose-change").click()
    player(page, "change-before", 4)
    page.goto(shared)
    expect(page.locator("#compose-prompt textarea")).to_have_value("a little piece for piano, 4 bars")
    page.locator("#compose-go").click()
    player(page, "compose-player", 4)
    (seed,) = re.findall(r"Seed \d+", first)
    expect(page.locator("#compose-said")).to_contain_text(seed)


def test_describe_a_file(page: Page):
    tab(page, "Describe")
    page.locator("#describe-file input[type=file]").set_input_files(EXAMPLES / "Horetzky-Kelvin-Grove.mid")
    player(page, "describe-player")
    expect(page.locator("#describe-table")).to_contain_text("Guitar")
    expect(page.locator("#describe-table")).to_contain_text("bars")


def test_hostile_files_are_refused_in_words(page: Page, tmp_path: Path):
    tab(page, "Describe")
    with (tmp_path / "huge.mid").open("wb") as huge:
        huge.truncate(200_000_000)
    for name, (data, _) in HOSTILE.items():
        (tmp_path / f"..%2F..%2Fetc%2F{name}.mid").write_bytes(data)
    refused = [(f"..%2F..%2Fetc%2F{name}.mid", says) for name, (_, says) in HOSTILE.items()]
    for name, says in [("huge.mid", "size"), *refused]:
        page.locator("#describe-file input[type=file]").set_input_files(tmp_path / name)
        toast = page.locator(".toast-body.error")
        expect(toast).to_contain_text(says)
        shown = page.locator("body").inner_text()
        assert not [leak for leak in ("Traceback", str(tmp_path), "/tmp/", "max_") if leak in shown]
        toast.get_by_test_id("toast-close").click()
        expect(toast).to_have_count(0)
        clear = page.locator("#describe-file").get_by_label("Clear", exact=False)
        if clear.is_visible():
            clear.click()
    page.locator("#describe-file input[type=file]").set_input_files(EXAMPLES / "Horetzky-Kelvin-Grove.mid")
    player(page, "describe-player")


def test_change_a_piece(page: Page):
    tab(page, "Continue & change")
    page.locator("#change-file input[type=file]").set_input_files(EXAMPLES / "Horetzky-Kelvin-Grove.mid")
    player(page, "change-before", 8)
    page.get_by_label("Fill in bars or tracks").check()
    page.locator("#change-bars").locator("input, textarea").fill("3-4")
    page.locator("#change-go").click()
    player(page, "change-after")
    expect(page.locator("#change-said")).to_contain_text("2 of 8 bars are new")
    expect(page.locator("#change-after [data-legend]")).to_contain_text("written anew")
    with page.expect_download() as download:
        page.locator("#change-midi").click()
    assert Path(download.value.path()).read_bytes().startswith(b"MThd")


def test_learn_an_exercise_and_be_assessed(page: Page):
    tab(page, "Learn")
    page.locator("#learn-prompt").locator("input, textarea").fill("triplets in C major, right hand, easy")
    page.locator("#learn-go").click()
    player(page, "learn-player")
    expect(page.locator("#learn-said")).to_contain_text("met")
    with page.expect_download() as download:
        page.locator("#learn-midi").click()
    performance = Path(download.value.path()).with_suffix(".mid")
    performance.write_bytes(Path(download.value.path()).read_bytes())
    page.locator("#learn-performance input[type=file]").set_input_files(performance)
    page.locator("#learn-check").click()
    expect(page.locator("#learn-advice")).to_contain_text("notes are right: well done")
    player(page, "learn-played")


def focused(page: Page) -> str:
    """What has the focus, which must be seen."""
    text, style, width = page.evaluate(
        "() => { const on = document.activeElement, s = getComputedStyle(on);"
        " return [on.innerText || on.getAttribute('aria-label'), s.outlineStyle, s.outlineWidth]; }"
    )
    assert (style, float(width.removesuffix("px"))) >= ("solid", 2)
    return text.strip()


def test_the_page_is_used_by_keyboard(page: Page):
    page.locator("#compose-prompt textarea").focus()
    page.keyboard.type("a piece, 2 bars")
    page.keyboard.press("Tab")
    assert focused(page) == "Compose"
    page.keyboard.press("Enter")
    player(page, "compose-player", 2)
    page.get_by_role("tab", name="Compose", exact=True).focus()
    for name in ("Describe", "Continue & change", "Learn"):
        page.keyboard.press("Tab")
        assert focused(page) == name
    page.keyboard.press("Enter")
    expect(page.locator("#learn-go")).to_be_visible()


def luminance(colour: str) -> float:
    """Relative luminance of "rgb(…)", 0 to 1 (WCAG 2.2)."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_are_readable_by_day_and_by_night(page: Page, scheme: str):
    page.emulate_media(color_scheme=scheme)
    page.reload()
    expect(page.locator("#compose-go")).to_be_visible()
    paper = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert (paper < 0.1) == (scheme == "dark")
    for words in (".mt-head h1", ".mt-head h1 em", ".mt-head p", "[role=tab][aria-selected=true] >> visible=true"):
        ink = luminance(page.locator(words).evaluate("e => getComputedStyle(e).color"))
        assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= 4.5, words

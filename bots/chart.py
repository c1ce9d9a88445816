"""Draws a card's chart: candles, the lines its rules fire at, the trades; decides neither prices nor words."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING

from core.domain.market import Candle
from core.domain.wording import say_price
from core.feed.card import Chart, Tone

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

WIDTH, HEIGHT = 900, 500
_SCALE = 2  # drawn larger and made smaller, which smooths every edge
_LEFT, _RIGHT, _TOP, _BOTTOM = 24, 128, 64, 40
_BACK, _GRID, _INK, _FAINT = "#11151c", "#222a36", "#e6eaf0", "#8793a6"
_UP, _DOWN = "#2ebd85", "#f6465d"
_TONES: dict[Tone, str] = {"plain": "#f0b90b", "good": "#2ebd85", "warn": "#f0b90b", "bad": "#f6465d"}
_LABEL_GAP = 24


class _Canvas:
    """The drawing surface, and where prices and times lie on it."""

    def __init__(self, draw: "ImageDraw", candles: Sequence[Candle], low: Decimal, high: Decimal) -> None:
        self.draw = draw
        self.candles = candles
        self.low, self.high = float(low), float(high)
        self.right, self.bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM

    def y(self, price: Decimal) -> float:
        return self.bottom - (float(price) - self.low) / (self.high - self.low) * (self.bottom - _TOP)

    def x(self, place: float) -> float:
        return _LEFT + (place + 0.5) * (self.right - _LEFT) / len(self.candles)

    def place_of(self, at: datetime) -> float:
        """Which candle an instant falls into, as a number of candles from the left."""
        first, last = self.candles[0].start, self.candles[-1].start
        step = (last - first).total_seconds() / max(1, len(self.candles) - 1) or 60.0
        return min(max((at - first).total_seconds() / step - 0.5, 0.0), len(self.candles) - 1.0)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> None:
        ends = (x1 * _SCALE, y1 * _SCALE, x2 * _SCALE, y2 * _SCALE)
        self.draw.line(ends, fill=colour, width=round(width * _SCALE))

    def box(self, x1: float, y1: float, x2: float, y2: float, colour: str, radius: float = 0) -> None:
        ends = (x1 * _SCALE, y1 * _SCALE, x2 * _SCALE, y2 * _SCALE)
        self.draw.rounded_rectangle(ends, radius * _SCALE, fill=colour)

    def text(self, x: float, y: float, words: str, size: int, colour: str, anchor: str = "lm") -> None:
        self.draw.text((x * _SCALE, y * _SCALE), words, fill=colour, font=_font(size), anchor=anchor)


def draw_chart(chart: Chart, candles: Sequence[Candle], price: Decimal | None) -> bytes:
    """A PNG of *chart* over *candles* (at least two, oldest first); *price* is the market's price now (quote).

    Takes some tens of milliseconds: not for the event loop. A line far from everything, which would flatten the
    candles to a stroke, is named at the edge it lies beyond.
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), _BACK)
    low, high = _range(chart, candles, price)
    canvas = _Canvas(ImageDraw.Draw(image), candles, low, high)
    _draw_grid(canvas)
    _draw_candles(canvas)
    _draw_marks(canvas, chart)
    _draw_levels(canvas, chart, price)
    _draw_heading(canvas, chart, candles, price)
    small = image.reduce(_SCALE)
    packed = BytesIO()
    # A palette of the few colours used: a fifth of the bytes and of the time.
    small.quantize(64, method=Image.Quantize.FASTOCTREE).save(packed, "PNG", compress_level=4)
    return packed.getvalue()


def _range(chart: Chart, candles: Sequence[Candle], price: Decimal | None) -> tuple[Decimal, Decimal]:
    seen = [candle.low for candle in candles] + [candle.high for candle in candles]
    seen += [mark.price for mark in chart.marks] + ([] if price is None else [price])
    low, high = min(seen), max(seen)
    reach = max(high - low, high / 50) * 2
    for line in chart.lines:
        if low - reach <= line.price <= high + reach:
            seen.append(line.price)
    low, high = min(seen), max(seen)
    room = max((high - low) * Decimal("0.08"), high / 2000)
    return max(low - room, Decimal(0)), high + room


def _draw_grid(canvas: _Canvas) -> None:
    low, high = Decimal(str(canvas.low)), Decimal(str(canvas.high))
    for step in range(1, 6):
        price = low + (high - low) * step / 6
        canvas.line(_LEFT, canvas.y(price), canvas.right, canvas.y(price), _GRID)
    count = len(canvas.candles)
    for part in range(5):
        place = part * (count - 1) / 4
        moment = canvas.candles[round(place)].start.astimezone(UTC)
        canvas.text(canvas.x(place), canvas.bottom + 20, f"{moment:%H:%M}", 15, _FAINT, "mm" if part else "lm")
    canvas.text(WIDTH - 12, canvas.bottom + 20, "UTC", 15, _FAINT, "rm")


def _draw_candles(canvas: _Canvas) -> None:
    wide = max(1.0, (canvas.right - _LEFT) / len(canvas.candles) * 0.34)
    for place, candle in enumerate(canvas.candles):
        colour = _UP if candle.close >= candle.open else _DOWN
        x = canvas.x(place)
        canvas.line(x, canvas.y(candle.high), x, canvas.y(candle.low), colour)
        top, bottom = sorted((canvas.y(candle.open), canvas.y(candle.close)))
        canvas.box(x - wide, top, x + wide, max(bottom, top + 1), colour)


def _draw_marks(canvas: _Canvas, chart: Chart) -> None:
    for mark in chart.marks:
        x, y = canvas.x(canvas.place_of(mark.at)), canvas.y(mark.price)
        buys = mark.side == "buy"
        colour, way = (_UP, 1) if buys else (_DOWN, -1)
        tip, foot = y + way * 5, y + way * 24
        points = [(x, tip), (x - 11, foot), (x + 11, foot)]
        canvas.draw.polygon([(px * _SCALE, py * _SCALE) for px, py in points], fill=colour, outline=_INK, width=_SCALE)
        words = f"{'bought' if buys else 'sold'} {say_price(mark.price)}"
        side = "rm" if x > WIDTH / 2 else "lm"
        room = canvas.draw.textlength(words, font=_font(17)) / _SCALE + 12
        left = x - 16 - room if side == "rm" else x + 16
        canvas.box(left, foot - 13, left + room, foot + 13, _GRID, 4)
        canvas.text(left + 6, foot, words, 17, _INK)


def _draw_levels(canvas: _Canvas, chart: Chart, price: Decimal | None) -> None:
    levels = [(line.price, line.label, _TONES[line.tone]) for line in chart.lines]
    if price is not None:
        levels.append((price, "now", _FAINT))
    levels.sort(key=lambda level: level[0], reverse=True)
    labels = _spread([_within(canvas.y(level), canvas) for level, _, _ in levels], canvas)
    for (level, label, colour), label_y in zip(levels, labels, strict=True):
        y = canvas.y(level)
        off = "above" if y < _TOP else "below" if y > canvas.bottom else ""
        if not off:
            for start in range(_LEFT, round(canvas.right), 10):
                canvas.line(start, y, min(start + 5, canvas.right), y, colour, 1.5 if label != "now" else 1)
            canvas.line(canvas.right, y, canvas.right + 8, label_y, colour)
        canvas.box(canvas.right + 8, label_y - 11, WIDTH - 6, label_y + 11, colour, 4)
        left = canvas.right + 13
        if off:
            way = -5 if off == "above" else 5
            points = [(left, label_y - way), (left + 10, label_y - way), (left + 5, label_y + way)]
            canvas.draw.polygon([(px * _SCALE, py * _SCALE) for px, py in points], fill=_BACK)
            left += 16
        canvas.text(left, label_y, say_price(level), 15, _BACK)
        if label and label != "now" and not off:
            canvas.text(_LEFT + 6, y - 11, label, 15, colour)


def _draw_heading(canvas: _Canvas, chart: Chart, candles: Sequence[Candle], price: Decimal | None) -> None:
    canvas.text(_LEFT, 30, chart.market, 26, _INK)
    width = canvas.draw.textlength(chart.market, font=_font(26)) / _SCALE
    if price is not None:
        moved = (price - candles[0].open) / candles[0].open * 100
        colour = _UP if moved >= 0 else _DOWN
        canvas.text(_LEFT + width + 18, 31, f"{say_price(price)}   {moved:+.2f} %", 20, colour)
    if chart.simulated:
        canvas.box(WIDTH - 138, 18, WIDTH - 12, 44, "#3a2f12", 5)
        canvas.text(WIDTH - 75, 31, "SIMULATED", 17, _TONES["warn"], "mm")


def _within(y: float, canvas: _Canvas) -> float:
    return min(max(y, _TOP), canvas.bottom)


def _spread(wanted: Sequence[float], canvas: _Canvas) -> list[float]:
    """Heights near the *wanted* ones (ascending), far enough apart that no label covers another."""
    placed: list[float] = []
    for y in wanted:
        placed.append(max(y, placed[-1] + _LABEL_GAP) if placed else y)
    over = placed[-1] - canvas.bottom if placed else 0
    if over > 0:
        for place in range(len(placed) - 1, -1, -1):
            limit = canvas.bottom - (len(placed) - 1 - place) * _LABEL_GAP
            placed[place] = min(placed[place], limit)
    return placed


def _font(size: int) -> "FreeTypeFont | ImageFont":
    font = _FONTS.get(size)
    if font is None:
        from PIL import ImageFont as Fonts

        font = _FONTS[size] = Fonts.load_default(size * _SCALE)
    return font


_FONTS: "dict[int, FreeTypeFont | ImageFont]" = {}

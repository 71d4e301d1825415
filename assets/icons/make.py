"""Draws the icons of every system from the two SVG files beside this one.

    python3 -m venv V && V/bin/pip install cairosvg==2.9.1 pillow==13.0.0
    V/bin/python make.py
"""

import io
import pathlib

import cairosvg
from PIL import Image

HERE = pathlib.Path(__file__).parent


def draw(source: str, size: int) -> Image.Image:
    """Drawn at four times the size and averaged down, which keeps small edges even."""
    png = cairosvg.svg2png(url=str(HERE / source), output_width=size * 4, output_height=size * 4)
    return Image.open(io.BytesIO(png)).convert("RGBA").resize((size, size), Image.Resampling.BOX)


def main() -> None:
    for size, name in [(32, "32x32.png"), (128, "128x128.png"), (256, "128x128@2x.png"), (256, "256x256.png"), (512, "icon.png")]:
        draw("cairn.svg", size).save(HERE / name, optimize=True)
    sizes = [16, 24, 32, 48, 64, 256]
    images = [draw("cairn.svg", size) for size in sizes]
    images[-1].save(HERE / "icon.ico", sizes=[(size, size) for size in sizes], append_images=images[:-1])
    draw("cairn.svg", 1024).save(HERE / "icon.icns")


if __name__ == "__main__":
    main()

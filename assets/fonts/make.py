"""Remakes the fonts in this folder from their published packages. See README.md beside this file.

    python3 -m venv V && V/bin/pip install fonttools==4.68.0 brotli==1.2.1 opentype-feature-freezer==1.32.2
    V/bin/python make.py

Needs npm (only `npm pack`, which downloads a package and runs nothing of it).
"""

import pathlib
import subprocess
import tarfile
import tempfile

from fontTools import subset
from fontTools.ttLib import TTFont
from opentype_feature_freezer import RemapByOTL

HERE = pathlib.Path(__file__).parent
PACKAGES = ["inter-ui@4.1.1", "jetbrains-mono@1.0.6", "@phosphor-icons/web@2.1.2"]

# What a table, a label or a report can hold: Latin with its extensions, Greek, Cyrillic, punctuation, super- and
# subscripts, currency, letter-like signs, fractions, arrows, mathematics, and the geometric and keyboard signs.
RANGES = [
    (0x0020, 0x007E), (0x00A0, 0x024F), (0x02B0, 0x02FF), (0x0300, 0x036F), (0x0370, 0x03FF), (0x0400, 0x04FF),
    (0x1E00, 0x1EFF), (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20CF), (0x2100, 0x218F), (0x2190, 0x21FF),
    (0x2200, 0x22FF), (0x2300, 0x23FF), (0x2500, 0x25FF), (0x2600, 0x26FF), (0x2700, 0x27BF), (0xFFFD, 0xFFFD),
]


class FreezeOptions:
    """The fields RemapByOTL reads; `suffix` and `usesuffix` put the change into the family name."""

    def __init__(self, inpath, outpath, features, usesuffix):
        self.inpath, self.outpath, self.features, self.usesuffix = str(inpath), str(outpath), features, usesuffix
        self.script = self.lang = None
        self.zapnames = self.report = self.names = self.info = self.rename = False
        self.suffix = True
        self.replacenames = ""


def freeze(source: pathlib.Path, out: pathlib.Path, features: str, suffix: str) -> None:
    """Makes the glyphs of an OpenType feature the default ones: egui has no switch for features."""
    font = TTFont(source)
    font.flavor = None
    plain = out.with_suffix(".plain.ttf")
    font.save(plain)
    remap = RemapByOTL(FreezeOptions(plain, out, features, suffix))
    remap.run()
    assert remap.success, f"could not freeze {features} in {source}"
    plain.unlink()


def cut(source: pathlib.Path, out: pathlib.Path) -> None:
    """Keeps the characters of RANGES and the kerning, drops hinting and the features nobody can switch on."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = ["kern", "mark", "mkmk", "ccmp"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.glyph_names = False
    font = subset.load_font(str(source), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for low, high in RANGES for code in range(low, high + 1)])
    cutter.subset(font)
    font.flavor = None
    out.unlink(missing_ok=True)
    subset.save_font(font, str(out), options)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        places = {}
        for package in PACKAGES:
            name = subprocess.run(["npm", "pack", "--silent", package], cwd=work, check=True, capture_output=True, text=True)
            place = work / package.rpartition("@")[0].replace("/", "-")
            with tarfile.open(work / name.stdout.split()[-1]) as archive:
                archive.extractall(place, filter="data")
            places[package.rpartition("@")[0]] = place / "package"

        inter, mono, icons = (places[name] for name in ["inter-ui", "jetbrains-mono", "@phosphor-icons/web"])
        for weight in ["Regular", "SemiBold"]:
            frozen = work / f"Inter-{weight}.ttf"
            freeze(inter / "web" / f"Inter-{weight}.woff2", frozen, "tnum", "Tabular")
            cut(frozen, HERE / f"InterTabular-{weight}.ttf")
            cut(mono / "fonts" / "webfonts" / f"JetBrainsMonoNL-{weight}.woff2", HERE / f"JetBrainsMonoNL-{weight}.ttf")
        for weight, file in [("regular", "Phosphor.ttf"), ("fill", "Phosphor-Fill.ttf")]:
            font = TTFont(icons / "src" / weight / file)
            # Ligatures from names to glyphs, and the blank letters they are written with: we address by code point.
            del font["GSUB"]
            for table in font["cmap"].tables:
                table.cmap = {code: glyph for code, glyph in table.cmap.items() if code >= 0xE000}
            font.save(HERE / file)
        (HERE / "Inter-OFL.txt").write_bytes((inter / "LICENSE.txt").read_bytes())
        # The package of the mono carries its packager's licence only; the font's own stands in its name table.
        copyright_line = TTFont(HERE / "JetBrainsMonoNL-Regular.ttf")["name"].getDebugName(0)
        ofl = (inter / "LICENSE.txt").read_text().split("\n", 1)[1]
        (HERE / "JetBrainsMono-OFL.txt").write_text(copyright_line + "\n" + ofl)
        (HERE / "Phosphor-MIT.txt").write_bytes((icons / "LICENSE").read_bytes())

    for path in sorted(HERE.glob("*.ttf")):
        font = TTFont(path)
        digits = {font["hmtx"][font.getBestCmap()[code]][0] for code in range(0x30, 0x3A) if code in font.getBestCmap()}
        assert "glyf" in font and len(digits) <= 1, f"{path.name}: not a TrueType font, or digits of unequal width"
        print(f"{path.name:32} {path.stat().st_size / 1024:6.0f} KB  {font['name'].getDebugName(4)}  {font['maxp'].numGlyphs} glyphs")


if __name__ == "__main__":
    main()

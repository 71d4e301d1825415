import calendar
import csv
import datetime as dt
import gzip
import json
import math
import os
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from decimal import Decimal
from statistics import NormalDist
from zoneinfo import ZoneInfo

# ---- def _real ----
def _real(value):
    """A number of a recipe; NaN and infinities are texts there."""
    return float(value) if isinstance(value, str) else value

# ---- def _free ----
def _free(name, taken):
    """The name, or the next free one like it; it is taken from then on."""
    free, count = name, 2
    while free in taken:
        free, count = f"{name}_{count}", count + 1
    taken.add(free)
    return free

# ---- def _spelled ----
def _spelled(value):
    """A value as text, as polars casts it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"
    if isinstance(value, dt.time):
        return f"{value:%H:%M:%S}" + (f".{value.microsecond:06d}000".rstrip("0") if value.microsecond else "")
    return str(value)

# ---- def _label ----
def _label(value):
    """A value as text, as levels are spelled: floats without `.0` and without exponents, decimals without zeros behind."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, float) and math.isfinite(value):
        return format(Decimal(repr(value + 0.0)), "f").removesuffix(".0")
    return _spelled(value)

# ---- def _labels ----
def _labels(df, name):
    return [_label(value) for value in _cells(df, name)]

# ---- def _wider ----
def _wider(kinds):
    """The kind that holds values of all these kinds."""
    kinds = {"text" if kind == "category" else kind for kind in kinds if kind != "null"}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds and kinds <= {"int", "float", "decimal"}:
        return "float"
    return "datetime" if kinds == {"date", "datetime"} else "text"

# ---- def _as ----
def _as(value, kind):
    """A value as another kind that holds it."""
    if value is None:
        return None
    if kind == "text":
        return _spelled(value)
    if kind == "float":
        return float(value)
    if kind == "datetime" and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time())
    return value

# ---- def _stacked ----
def _stacked(name, columns):
    """Columns one below the other: pairs of cells and kind."""
    kind = _wider(kind for _, kind in columns)
    return _series(name, [_as(value, kind) for cells, _ in columns for value in cells], kind)

# ---- def _arranged ----
def _arranged(df, by=(), order=None):
    """Rows by group, groups by their first row; within a group in the order of a column, missing values last."""
    keys = list(zip(*(_cells(df, name) for name in by))) if by else [()] * len(df)
    groups = {}
    for row, key in enumerate(keys):
        groups.setdefault(key, []).append(row)
    if order:
        cells = _cells(df, order)
        for rows in groups.values():
            rows.sort(key=lambda row: (cells[row] is None, 0 if cells[row] is None else cells[row]))
    return list(groups.values())

# ---- def clean_names ----
def clean_names(df, style="snake_case"):
    def clean(name):
        name = " ".join(name.split())
        if style == "lower":
            name = name.lower()
        elif style == "upper":
            name = name.upper()
        elif style == "snake_case":
            letters = "".join(letter if letter.isalnum() else " " for letter in name)
            name = "_".join(letters.lower().split())
        return name or "column"

    taken = set()
    return _renamed(df, [_free(clean(name), taken) for name in df.columns])

# ---- def hash_encode ----
def hash_encode(df, columns, buckets=16, signed=False):
    taken = set(df.columns) - set(columns)
    for name in columns:
        labels = _labels(df, name)
        numbers = {label: _murmur3(label.encode()) for label in set(labels) if label is not None}
        places = {label: (abs(number) % buckets, -1 if signed and number < 0 else 1)
                  for label, number in numbers.items()}
        made = []
        for at in range(buckets):
            cells = [sign if place == at else 0 for place, sign in (places.get(label, (-1, 0)) for label in labels)]
            made.append(_series(_free(f"{name}_hash_{at}", taken), cells, "int"))
        df = _place(df, name, made)
    return df

# ---- def _murmur3 ----
def _murmur3(data):
    """MurmurHash3_x86_32 with seed 0 (Appleby 2011), as a signed number."""
    full = 0xFFFFFFFF

    def mix(k):
        k = k * 0xCC9E2D51 & full
        return (k << 15 | k >> 17) * 0x1B873593 & full

    value, blocks = 0, len(data) // 4 * 4
    for at in range(0, blocks, 4):
        value ^= mix(int.from_bytes(data[at:at + 4], "little"))
        value = ((value << 13 | value >> 19) & full) * 5 + 0xE6546B64 & full
    if data[blocks:]:
        value ^= mix(int.from_bytes(data[blocks:], "little"))
    value ^= len(data)
    value = (value ^ value >> 16) * 0x85EBCA6B & full
    value = (value ^ value >> 13) * 0xC2B2AE35 & full
    value ^= value >> 16
    return value - (1 << 32) if value >> 31 else value

# ---- def binary_encode ----
def binary_encode(df, columns, learned):
    taken = set(df.columns) - set(columns)
    for one in learned["columns"]:
        name, null = one["column"], one.get("null")
        digits = (len(one["levels"]) + (null is not None)).bit_length()
        numbers = {level["value"]: int(level["code"]) for level in one["levels"]}
        cells = [int(null or 0) if label is None else numbers.get(label, 0) for label in _labels(df, name)]
        made = [_series(_free(f"{name}_{at}", taken), [cell >> (digits - 1 - at) & 1 for cell in cells], "int")
                for at in range(digits)]
        df = _place(df, name, made)
    return df

# ---- def _fill_nearest ----
def _fill_nearest(df, columns, neighbours, donors):
    """The mean (numbers) or most frequent value of the nearest fitted rows, by scikit-learn's `nan_euclidean`; of
    equally near rows the first."""
    donors = [{**one, "cells": [None if cell is None else _real(cell) for cell in one["cells"]]} for one in donors]
    numeric = [at for at, one in enumerate(donors) if one["type"] in ("int", "float", "decimal")]
    cells = [_cells(df, one["column"]) for one in donors]
    made = [list(column) for column in cells]

    def typical(values, one):
        if one["type"] in ("int", "float", "decimal"):
            return math.fsum(values) / len(values)
        return min(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))[0]

    for row in range(len(df)):
        gaps = [at for at, column in enumerate(cells) if column[row] is None]
        if not gaps:
            continue
        near = []
        for other in range(len(donors[0]["cells"])):
            pairs = [(cells[at][row], donors[at]["cells"][other]) for at in numeric]
            pairs = [(a, b) for a, b in pairs if a is not None and b is not None]
            if pairs:
                near.append((sum((a - b) ** 2 for a, b in pairs) * len(numeric) / len(pairs), other))
        near.sort()
        for at in gaps:
            one = donors[at]
            there = [one["cells"][other] for _, other in near if one["cells"][other] is not None][:neighbours]
            value = typical(there or [cell for cell in one["cells"] if cell is not None], one)
            made[at][row] = value if at in numeric else _value(one["levels"][int(value)], one["type"])
    for at, one in enumerate(donors):
        kind = "float" if at in numeric else one["type"]
        values = [_as(value, kind) if at in numeric else value for value in made[at]]
        df = _place(df, one["column"], [_series(one["column"], values, kind)])
    return df

# ---- def _value ----
def _value(value, kind=None):
    """A value of a recipe: what it is made of is the key; `kind` is the kind of its column."""
    (made_of, value), = value.items()
    if made_of == "float":
        return _real(value)
    if made_of == "int" and kind == "date":
        return dt.date(1970, 1, 1) + dt.timedelta(days=value)
    if made_of == "int" and kind == "datetime":
        return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=value)
    if made_of == "int" and kind == "duration":
        return dt.timedelta(microseconds=value)
    if made_of == "int" and kind == "time":
        return (dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=value // 1000)).time()
    if made_of == "text" and kind == "decimal":
        return Decimal(value)
    return value

# ---- def _fill_along ----
def _fill_along(df, columns, strategy, by, order):
    """Missing cells get the value before or behind, or what lies on the line between both."""
    for name in columns:
        cells, kind = _cells(df, name), _kind(df, name)
        for rows in _arranged(df, by, order):
            if strategy == "linear":
                there = [at for at, row in enumerate(rows) if cells[row] is not None]
                for low, high in zip(there, there[1:]):
                    a, b = cells[rows[low]], cells[rows[high]]
                    for at in range(low + 1, high):
                        cells[rows[at]] = _between(a, b, (at - low) / (high - low))
            else:
                last = None
                for row in rows if strategy == "forward" else reversed(rows):
                    last = cells[row] if cells[row] is not None else last
                    cells[row] = last
        if strategy == "linear" and kind in ("int", "float", "decimal"):
            kind, cells = "float", [_as(cell, "float") for cell in cells]
        df = _place(df, name, [_series(name, cells, kind)])
    return df

# ---- def _between ----
def _between(a, b, share):
    if isinstance(a, dt.date) and not isinstance(a, dt.datetime):
        return a + dt.timedelta(days=math.floor((b - a).days * share + 0.5))
    if isinstance(a, dt.time):
        day = dt.datetime(1970, 1, 1)
        return (dt.datetime.combine(day, a) + (dt.datetime.combine(day, b) - dt.datetime.combine(day, a)) * share).time()
    return a + (b - a) * share

# ---- def _bin_labels ----
def _bin_labels(edges):
    """`[18, 40)`, in as few digits as keep the edges apart."""
    def short(value, digits):
        if value == int(value) and abs(value) < 1e7:
            return str(int(value))
        rounded = float(f"{value:.{digits - 1}e}")
        if 1e-4 <= abs(rounded) < 1e15:
            return _label(rounded)
        text, power = f"{Decimal(repr(rounded)).normalize():e}".split("e")
        return f"{text}e{int(power)}"

    for digits in range(3, 18):
        texts = [short(edge, digits) for edge in edges]
        if all(a != b for a, b in zip(texts, texts[1:])):
            break
    else:
        texts = [_label(edge) for edge in edges]
    labels = [f"[{a}, {b})" for a, b in zip(texts, texts[1:])]
    return labels[:-1] + [labels[-1][:-1] + "]"]

# ---- def _rank ----
def _rank(quantiles, shape, value):
    """The share of fitted values below, in a shape, as scikit-learn's `QuantileTransformer`."""
    if value is None or math.isnan(value):
        return None
    steps, near = len(quantiles) - 1, 1e-7

    def between(at):
        if at == 0 or at == len(quantiles):
            return 0.0 if at == 0 or steps == 0 else 1.0
        low, high = quantiles[at - 1], quantiles[at]
        return (at - 1) / steps + (value - low) / (high - low) / steps

    margin = near if shape == "normal" else 0.0
    if value <= quantiles[0] if margin == 0 else value - margin < quantiles[0]:
        share = 0.0
    elif value >= quantiles[-1] if margin == 0 else value + margin > quantiles[-1]:
        share = 1.0
    else:
        share = 0.5 * (between(bisect_right(quantiles, value)) + between(bisect_left(quantiles, value)))
    if shape != "normal":
        return share
    end = near - 2.0 ** -52
    return NormalDist().inv_cdf(min(max(share, end), 1.0 - end))

# ---- def _is_punctuation ----
def _is_punctuation(letter):
    if letter.isascii():
        return letter in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    return unicodedata.category(letter).startswith("P")

# ---- def _is_mark ----
def _is_mark(letter):
    return unicodedata.category(letter).startswith("M")

# ---- def _titled ----
def _titled(text):
    """The first letter of each word capital; an apostrophe does not end a word."""
    out, inside = [], False
    for one in text:
        letter = one.isalnum() or inside and (one in "'’" or _is_mark(one))
        out.append(one.lower() if letter and inside else one.upper())
        inside = letter
    return "".join(out)

# ---- def _sentences ----
def _sentences(text):
    """The first letter of each sentence capital; a sentence ends with `.`, `!` or `?` before a space."""
    out, begins, ended = [], True, False
    for one in text:
        if one.isspace():
            begins = begins or ended
            out.append(one)
        elif one.isalnum() and begins:
            out.append(one.upper())
            begins = False
        else:
            out.append(one.lower())
        ended = one in ".!?" or ended and one in "\"”»)"
    return "".join(out)

# ---- def _without_accents ----
def _without_accents(text):
    apart = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(one for one in apart if not _is_mark(one)))

# ---- def text ----
def text(df, columns, action="trim", width=10, fill="0"):
    change = {
        "trim": str.strip,
        "collapse": lambda text: " ".join(text.split()),
        "lower": str.lower,
        "upper": str.upper,
        "title": _titled,
        "sentence": _sentences,
        "strip_accents": lambda text: text if text.isascii() else _without_accents(text),
        "normalise": lambda text: unicodedata.normalize("NFC", text),
        "remove_punctuation": lambda text: "".join(one for one in text if not _is_punctuation(one)),
        "remove_digits": lambda text: "".join(one for one in text if not one.isdecimal()),
        "pad_start": lambda text: text.rjust(width, fill),
        "pad_end": lambda text: text.ljust(width, fill),
        "left": lambda text: text[:width],
        "right": lambda text: text[-width:] if width else "",
        "empty_to_null": lambda text: text if text.strip() else None,
    }[action]
    return _map_text(df, columns, change)

# ---- def _map_text ----
def _map_text(df, columns, change):
    for name in columns:
        cells = [None if cell is None else change(cell) for cell in _cells(df, name)]
        df = _place(df, name, [_series(name, cells, _kind(df, name))])
    return df

# ---- def _pattern ----
def _pattern(text, ignore_case=False):
    """A regular expression of Rust's as one of Python's."""
    text = text.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!").replace("\\z", "\\Z")
    return re.compile(text, re.IGNORECASE if ignore_case else 0)

# ---- def _template ----
def _template(found, replace):
    """What stands for a match: `$1`, `${name}` and `$$` in it are groups and a dollar sign."""
    def group(part):
        if part.group(0) == "$$":
            return "$"
        name = part.group(1) or part.group(2)
        try:
            return found.group(int(name) if name.isdigit() else name) or ""
        except IndexError:
            return ""

    return re.sub(r"\$\$|\$\{([^}]+)\}|\$(\w+)", group, replace)

# ---- def split_text ----
def split_text(df, column, separator=",", regex=False, into="columns", limit=None, names=(), keep_source=False,
               learned={}):
    pattern = _pattern(separator if regex else re.escape(separator))

    def cut(text):
        parts, start = [], 0
        for found in pattern.finditer(text):
            if len(parts) + 1 == limit:
                break
            parts.append(text[start:found.start()])
            start = found.end()
        return parts + [text[start:]]

    cells = [None if cell is None else cut(cell) for cell in _cells(df, column)]
    if into == "list":
        return _place(df, column, [_series(f"{column}_parts" if keep_source else column, cells, "list")], keep_source)
    return _place(df, column, _spread(column, cells, names, learned["parts"].get(column, 1)), keep_source)

# ---- def _spread ----
def _spread(column, cells, names, width):
    """Columns of the parts of cells: names that are given, or `COLUMN_1`, …."""
    names = [names[at] if at < len(names) and names[at] else f"{column}_{at + 1}" for at in range(width)]
    return [_series(name, [cell[at] if cell and at < len(cell) else None for cell in cells], "text")
            for at, name in enumerate(names)]

# ---- def extract_text ----
def extract_text(df, column, pattern="", names=(), keep_source=True):
    pattern = _pattern(pattern)
    groups = {at: name for name, at in pattern.groupindex.items()}
    names = [names[at] if at < len(names) and names[at] else groups.get(at + 1, "") for at in range(pattern.groups)]
    found = [None if cell is None else pattern.search(cell) for cell in _cells(df, column)]
    cells = [None if one is None else one.groups() for one in found]
    return _place(df, column, _spread(column, cells, names, pattern.groups), keep_source)

# ---- def replace_text ----
def replace_text(df, columns, find="", replace="", regex=False, ignore_case=False):
    pattern = _pattern(find if regex else re.escape(find), ignore_case)
    literal = not regex or "$" not in replace
    return _map_text(df, columns, lambda text: pattern.sub(
        lambda found: replace if literal else _template(found, replace), text))

# ---- def text_measures ----
def text_measures(df, columns, measures):
    def share(is_one):
        return lambda text: sum(map(is_one, text)) / len(text) if text else 0.0

    figures = {"length": len, "words": lambda text: len(text.split()), "letters": share(str.isalpha),
               "digits": share(str.isdecimal), "capitals": share(str.isupper), "spaces": share(str.isspace),
               "punctuation": share(_is_punctuation)}
    for name in columns:
        cells = _cells(df, name)
        made = [_series(f"{name}_{measure}", [None if cell is None else figures[measure](cell) for cell in cells],
                        "int" if measure in ("length", "words") else "float") for measure in dict.fromkeys(measures)]
        df = _place(df, name, made, keep_source=True)
    return df

# ---- def text_vectors ----
def text_vectors(df, column, learned, kind="count", ngrams=1, keep_source=False, **_options):
    vocabulary = learned["columns"][0]
    rows = []
    for cell in _cells(df, column):
        words = re.findall(r"\w\w+", (cell or "").lower())
        runs = [" ".join(words[at:at + n]) for n in range(2, ngrams + 1) for at in range(len(words) - n + 1)]
        rows.append(Counter(words + runs))
    counts = [[row[one["word"]] for one in vocabulary["words"]] for row in rows]
    if kind == "binary":
        counts = [[min(count, 1) for count in row] for row in counts]
    if kind == "tfidf":
        idf = [math.log((1 + vocabulary["rows"]) / (1 + one["rows"])) + 1 for one in vocabulary["words"]]
        counts = [[count * weight for count, weight in zip(row, idf)] for row in counts]
        counts = [[value / (math.hypot(*row) or 1.0) for value in row] for row in counts]
    made = [_series(one["name"], [row[at] for row in counts], "float" if kind == "tfidf" else "int")
            for at, one in enumerate(vocabulary["words"])]
    return _place(df, column, made, keep_source)

# ---- def _read_moment ----
def _read_moment(formats, kind):
    """Reads texts by formats of strftime; the first that fits counts."""
    months = list(calendar.month_name)
    days = list(calendar.day_name)
    short = {"september": "sept", "tuesday": "tues", "thursday": "thur"}

    def names(group, words):
        each = []
        for word in (word.lower() for word in words if word):
            each += [word] + ([short[word] + r"\.?"] if word in short else []) + [word[:3] + (r"\.?" if word != "may" else r"\.?")]
        return f"(?P<{group}>{'|'.join(each)})(?![a-z])"

    fields = {
        "Y": r"(?P<Y>-?\d{4})", "y": r"(?P<y>\d\d)", "m": r"(?P<m>\d\d?)", "B": names("B", months), "d": r"(?P<d>\d\d?)",
        "A": names("A", days), "j": r"(?P<j>\d{1,3})", "H": r"(?P<H>\d\d?)", "I": r"(?P<I>\d\d?)", "M": r"(?P<M>\d\d)",
        "S": r"(?P<S>\d\d)", "p": "(?P<p>am|pm)", "z": r"(?P<z>z|[+-]\d\d:?(?:\d\d)?)", "s": r"(?P<s>-?\d{1,12})",
        "f": r"(?P<f>\d{1,9})", ".f": r"(?:[.,](?P<f>\d{1,9}))?",
    }
    alike = {"b": "B", "h": "B", "e": "d", "a": "A", "k": "H", "l": "I", "P": "p"}
    whole = {"F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y"}

    def compiled(text):
        text = re.sub("%([FTRD])", lambda found: whole[found.group(1)], text)
        parts = re.findall(r"%[-_0]?(\.[369]?f|[a-zA-Z%])|(\s+)|(.)", text)
        out = ""
        for field, space, sign in parts:
            if space or field in ("n", "t"):
                out += r"\s+"
            elif sign or field == "%":
                out += re.escape(sign or "%")
            else:
                out += fields[".f" if field.startswith(".") else alike.get(field, field)]
        return re.compile(out, re.IGNORECASE | re.ASCII)

    def number(word, words):
        word = word.lower().rstrip(".")
        return next(at for at, name in enumerate(words) if name and name.lower().startswith(word))

    def moment(part):
        if part.get("s"):
            made = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=int(part["s"]))
            return made.date() if kind == "date" else made
        year = int(part.get("Y") or 1970)
        if part.get("y"):
            year = int(part["y"]) + (2000 if int(part["y"]) <= 68 else 1900)
        month = number(part["B"], months) if part.get("B") else int(part.get("m") or 1)
        hour = int(part.get("H") or 0)
        if part.get("I"):
            if not 1 <= int(part["I"]) <= 12:
                raise ValueError("no hour")
            hour = int(part["I"]) % 12 + (12 if (part.get("p") or "").lower() == "pm" else 0)
        micros = int((part.get("f") or "0").ljust(9, "0")) // 1000
        made = dt.datetime(year, month, int(part.get("d") or 1), hour, int(part.get("M") or 0), int(part.get("S") or 0),
                           micros)
        if part.get("j"):
            made = dt.datetime(year, 1, 1, hour, made.minute, made.second, micros) + dt.timedelta(days=int(part["j"]) - 1)
            if made.year != year or part["j"].strip("0") == "":
                raise ValueError("no day of the year")
        zone = (part.get("z") or "z").lower().replace(":", "")
        if zone != "z" and kind != "date":
            away = dt.timedelta(hours=int(zone[1:3]), minutes=int(zone[3:] or 0))
            made = made - away if zone[0] == "+" else made + away
        return made.date() if kind == "date" else made.time() if kind == "time" else made

    readers = [compiled(one.strip()) for one in formats.split("|") if one.strip()]

    def read(text):
        for reader in readers:
            found = reader.fullmatch(text)
            if found:
                try:
                    return moment(found.groupdict())
                except (ValueError, OverflowError):
                    pass
        return None

    return read

# ---- def parse_date ----
def parse_date(df, columns, kind="date", format="", unfit="error", learned={}):
    for name in columns:
        cells, now = _cells(df, name), _kind(df, name)
        if now in ("text", "category", "int"):
            read = _read_moment(learned["formats"][name], kind)
            made = []
            for cell in cells:
                told = None if cell is None else _spelled(cell).strip()
                made.append(read(told) if told else None)
                if told and made[-1] is None and unfit == "error":
                    raise ValueError(f"{told!r} of {name} cannot be read as a {kind}")
        else:
            made = [_turned(cell, kind) for cell in cells]
        df = _place(df, name, [_series(name, made, kind)])
    return df

# ---- def _turned ----
def _turned(value, kind):
    """A date or time as another kind."""
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return {"date": value.date(), "time": value.time(), "datetime": value}[kind]
    return dt.datetime.combine(value, dt.time()) if kind == "datetime" else value

# ---- def _date_part ----
def _date_part(value, part):
    day = not isinstance(value, dt.time)
    clock = not day or isinstance(value, dt.datetime)
    if part == "epoch":
        moment = _turned(value, "datetime")
        return (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(seconds=1)
    if part in ("hour", "minute", "second"):
        if not clock:
            raise ValueError(f"dates have no {part}")
        return getattr(value, part)
    if not day:
        raise ValueError(f"times of day have no {part}")
    return {
        "year": lambda: value.year, "quarter": lambda: (value.month - 1) // 3 + 1, "month": lambda: value.month,
        "week": lambda: value.isocalendar()[1], "day": lambda: value.day, "weekday": lambda: value.isoweekday(),
        "day_of_year": lambda: value.timetuple().tm_yday, "weekend": lambda: int(value.isoweekday() > 5),
        "month_start": lambda: int(value.day == 1),
        "month_end": lambda: int(value.day == calendar.monthrange(value.year, value.month)[1]),
    }[part]()

# ---- def date_parts ----
def date_parts(df, columns, parts, keep_source=False):
    for name in columns:
        cells = _cells(df, name)
        made = [_series(f"{name}_{part}", [None if cell is None else _date_part(cell, part) for cell in cells], "int")
                for part in dict.fromkeys(parts)]
        df = _place(df, name, made, keep_source)
    return df

# ---- def date_cyclic ----
def date_cyclic(df, columns, parts, keep_source=False):
    periods = {"month": 12, "weekday": 7, "day_of_year": 365.25, "hour": 24, "minute": 60, "second": 60}
    for name in columns:
        cells, made = _cells(df, name), []
        for part in dict.fromkeys(parts):
            angles = []
            for cell in cells:
                if cell is None:
                    angles.append(None)
                    continue
                period = calendar.monthrange(cell.year, cell.month)[1] if part == "day" else periods[part]
                angles.append(2 * math.pi * _date_part(cell, part) / period)
            for function in (math.sin, math.cos):
                values = [None if angle is None else function(angle) for angle in angles]
                made.append(_series(f"{name}_{part}_{function.__name__}", values, "float"))
        df = _place(df, name, made, keep_source)
    return df

# ---- def date_difference ----
def date_difference(df, from_, to=None, until=None, unit="days", name="difference"):
    begin = _cells(df, from_)
    if to:
        end, dates = _cells(df, to), _kind(df, from_) == _kind(df, to) == "date"
    else:
        end, dates = [dt.datetime.fromisoformat(until.strip().replace("Z", "+00:00")).replace(tzinfo=None)] * len(df), False

    def moment(value):
        if isinstance(value, dt.time):
            return dt.datetime.combine(dt.date(1970, 1, 1), value)
        return _turned(value, "datetime")

    def months(a, b):
        many = (b.year - a.year) * 12 + b.month - a.month
        rest, wanted = (b.day, b.time()), (a.day, a.time())
        return many - (b >= a and rest < wanted) + (b < a and rest > wanted)

    lengths = {"weeks": 604800, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
    made = []
    for a, b in zip(begin, end):
        if a is None or b is None:
            made.append(None)
            continue
        a, b = moment(a), moment(b)
        if unit in lengths:
            far = (b - a) // dt.timedelta(microseconds=1) / (lengths[unit] * 1_000_000)
            made.append(round(far) if dates and unit == "days" else far)
        else:
            many = months(a, b)
            made.append(int(many / 12) if unit == "years" else many)
    whole = unit in ("months", "years") or dates and unit == "days"
    return _add(df, [_series(name, made, "int" if whole else "float")])

# ---- def time_zone ----
def time_zone(df, columns, from_="UTC", to="UTC"):
    """Local times that occur twice are the earlier; those that do not occur move on by the gap."""
    for name in columns:
        moved = [None if cell is None else
                 cell.replace(tzinfo=ZoneInfo(from_)).astimezone(dt.timezone.utc).astimezone(ZoneInfo(to)).replace(
                     tzinfo=None, fold=0) for cell in _cells(df, name)]
        df = _place(df, name, [_series(name, moved, "datetime")])
    return df

# ---- def lag ----
def lag(df, columns, offsets, output="value", order=None, by=()):
    groups = _arranged(df, by, order)
    for name in dict.fromkeys(columns):
        cells, kind, made = _cells(df, name), _kind(df, name), []
        for offset in dict.fromkeys(offsets):
            before = [None] * len(cells)
            for rows in groups:
                for at, row in enumerate(rows):
                    if 0 <= at - offset < len(rows):
                        before[row] = cells[rows[at - offset]]
            what = {"value": "lag", "difference": "diff", "change_percent": "change"}[output]
            if offset < 0:
                what = "lead" if output == "value" else f"{what}_lead"
            pairs = [(now, then) if now is not None and then is not None else None for now, then in zip(cells, before)]
            if output == "value":
                values, new = before, kind
            elif output == "difference" and kind in ("int", "date", "datetime", "time", "duration"):
                values = [None if pair is None else _apart(*pair) for pair in pairs]
                new = "int" if kind == "int" else "duration"
            elif output == "difference":
                values, new = [None if pair is None else float(pair[0]) - float(pair[1]) for pair in pairs], "float"
            else:
                values = [None if pair is None or pair[1] == 0 else
                          (float(pair[0]) - float(pair[1])) / abs(float(pair[1])) * 100.0 for pair in pairs]
                new = "float"
            made.append(_series(f"{name}_{what}{abs(offset)}", values, new))
        df = _place(df, name, made, keep_source=True)
    return df

# ---- def _apart ----
def _apart(a, b):
    if isinstance(a, dt.time):
        day = dt.date(1970, 1, 1)
        return dt.datetime.combine(day, a) - dt.datetime.combine(day, b)
    return a - b

# ---- def _figure ----
def _figure(values, function):
    """One value from those that are there."""
    if function == "count":
        return len(values)
    if function == "distinct":
        return len(set(values))
    if not values:
        return None
    if function == "sum":
        return sum(values) if isinstance(values[0], int) else math.fsum(values)
    if function in ("min", "max"):
        return min(values) if function == "min" else max(values)
    if function == "mode":
        return min(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))[0]
    if function == "median":
        values = sorted(map(float, values))
        middle = len(values) // 2
        return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
    mean = math.fsum(values) / len(values)
    if function == "mean":
        return mean
    if function == "std":
        return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)) if len(values) > 1 else None
    raise ValueError(f"there is no figure {function}")

# ---- def _every ----
def _every(text):
    """A length of time: microseconds and from where they count, or calendar months."""
    many, unit = re.fullmatch(r"\s*(\d*)\s*([a-z]+)\s*", text).groups()
    many = int(many or 1)
    if unit in ("mo", "q", "y"):
        return {"months": many * {"mo": 1, "q": 3, "y": 12}[unit]}
    seconds = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}[unit]
    begin = dt.datetime(1970, 1, 5) if unit == "w" else dt.datetime(1970, 1, 1)
    return {"step": dt.timedelta(seconds=many * seconds), "begin": begin}

# ---- def _months_later ----
def _months_later(moment, months):
    """The same day of a later month, or that month's last."""
    month = moment.year * 12 + moment.month - 1 + months
    year, month = month // 12, month % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))

# ---- def resample ----
def resample(df, column, every="1d", aggregations=(), by=()):
    step, kind = _every(every), _kind(df, column)
    times = [_turned(cell, "datetime") for cell in _cells(df, column)]

    def number(moment):
        if "months" in step:
            return (moment.year * 12 + moment.month - 1) // step["months"]
        return (moment - step["begin"]) // step["step"]

    def begin(number):
        if "months" in step:
            month = number * step["months"]
            return dt.datetime(month // 12, month % 12 + 1, 1)
        return step["begin"] + number * step["step"]

    cells = {one["column"]: _cells(df, one["column"]) for one in aggregations if one.get("column")}
    firsts, begins, slots = [], [], []
    for rows in _arranged(df, by, column):
        rows = [row for row in rows if times[row] is not None]
        held = {}
        for row in rows:
            held.setdefault(number(times[row]), []).append(row)
        for at in range(min(held), max(held) + 1) if held else ():
            firsts.append(min(rows))
            begins.append(begin(at))
            slots.append(held.get(at, []))
    made = [_series(name, [_cells(df, name)[row] for row in firsts], _kind(df, name)) for name in by]
    made.append(_series(column, [_turned(moment, kind) for moment in begins], kind))
    for one in aggregations:
        name, source, function = one.get("name", ""), one.get("column", ""), one.get("function", "count")
        values, of = [], _kind(df, source) if source else "int"
        for rows in slots:
            there = [cells[source][row] for row in rows if cells[source][row] is not None] if source else rows
            if function == "rows":
                values.append(len(rows))
            elif function in ("first", "last"):
                values.append((there[0] if function == "first" else there[-1]) if there else None)
            elif function == "sum" and not there:
                values.append(0)
            else:
                values.append(_figure(there, function))
        new = _figure_kind(function, of)
        values = [_as(value, "float") for value in values] if new == "float" else values
        made.append(_series(name or (f"{source}_{function}" if source else function), values, new))
    return _frame(made)

# ---- def _figure_kind ----
def _figure_kind(function, kind):
    if function in ("count", "rows", "distinct"):
        return "int"
    if function in ("mean", "median", "std"):
        return "float"
    if function == "sum":
        return "int" if kind in ("int", "bool") else "float"
    return kind

# ---- def fill_gaps ----
def fill_gaps(df, column, every="1d", fill="null", by=()):
    step, kind = _every(every), _kind(df, column)
    times = [_turned(cell, "datetime") for cell in _cells(df, column)]

    def later(moment, steps):
        return _months_later(moment, step["months"] * steps) if "months" in step else moment + step["step"] * steps

    plan = []
    for number, rows in enumerate(_arranged(df, by, column)):
        first, steps = None, 0
        for row in rows:
            time = times[row]
            if time is not None:
                first = first or time
                while later(first, steps) <= time:
                    point = later(first, steps)
                    if point < time and not (plan and plan[-1][3] == number and plan[-1][0] == point):
                        plan.append((point, None, rows[0], number))
                    steps += 1
            plan.append((time, row, rows[0], number))
    made = []
    for name in df.columns:
        cells, of = _cells(df, name), _kind(df, name)
        values = [None if row is None else cells[row] for _, row, _, _ in plan]
        if name == column:
            values = [_turned(time, kind) for time, _, _, _ in plan]
        elif name in by:
            values = [cells[group if row is None else row] for _, row, group, _ in plan]
        elif fill == "zero" and of in ("int", "float"):
            values = [0 if row is None else value for value, (_, row, _, _) in zip(values, plan)]
        elif fill == "forward":
            last = None
            for at, (_, row, _, number) in enumerate(plan):
                if at and plan[at - 1][3] != number:
                    last = None
                if row is None:
                    values[at] = last
                elif values[at] is not None:
                    last = values[at]
        elif fill == "linear" and of in ("int", "float"):
            known = [at for at, value in enumerate(values) if value is not None and plan[at][0] is not None]
            of, values = "float", [_as(value, "float") for value in values]
            for a, b in zip(known, known[1:]):
                if plan[a][3] == plan[b][3] and plan[b][0] > plan[a][0]:
                    for at in range(a + 1, b):
                        if plan[at][1] is None:
                            share = (plan[at][0] - plan[a][0]) / (plan[b][0] - plan[a][0])
                            values[at] = values[a] + (values[b] - values[a]) * share
        made.append(_series(name, values, of))
    return _frame(made)

# ---- def join ----
def join(df, other, how="left", on=(), suffix="_right", expect="any"):
    lefts, rights = [key["left"] for key in on], [key.get("right") or key["left"] for key in on]
    if how == "cross":
        lefts, rights = [], []
        pairs = [(a, b) for a in range(len(df)) for b in range(len(other))]
    else:
        def keys(table, names):
            each = zip(*(_cells(table, name) for name in names))
            return [None if None in key else key for key in each]

        here, there = keys(df, lefts), keys(other, rights)
        rows, matches = {}, {}
        for row, key in enumerate(here):
            rows.setdefault(key, []).append(row)
        for row, key in enumerate(there):
            matches.setdefault(key, []).append(row)
        rows.pop(None, None)
        matches.pop(None, None)
        both = rows.keys() & matches.keys()
        if expect in ("many_to_one", "one_to_one") and any(len(matches[key]) > 1 for key in both):
            raise ValueError(f"a row matches several rows of the other table: the join is not {expect}")
        if expect in ("one_to_many", "one_to_one") and any(len(rows[key]) > 1 for key in both):
            raise ValueError(f"a row of the other table matches several rows: the join is not {expect}")
        if how in ("semi", "anti"):
            return _take(df, [row for row, key in enumerate(here) if (key in matches) == (how == "semi")])
        if how == "right":
            pairs = [(a, b) for b, key in enumerate(there) for a in rows.get(key, [None])]
        else:
            lonely = [] if how == "inner" else [None]
            pairs = [(a, b) for a, key in enumerate(here) for b in matches.get(key, lonely)]
        if how == "full":
            pairs += [(None, b) for b, key in enumerate(there) if key not in rows]
    made = []
    for name in df.columns:
        cells, kind = _cells(df, name), _kind(df, name)
        if how in ("right", "full") and name in lefts:
            more = rights[lefts.index(name)]
            kind = _wider([kind, _kind(other, more)]) if any(a is None for a, _ in pairs) else kind
            keys_there = _cells(other, more)
            values = [_as(keys_there[b] if a is None else cells[a], kind) for a, b in pairs]
        else:
            values = [None if a is None else cells[a] for a, _ in pairs]
        made.append(_series(name, values, kind))
    taken = set(df.columns)
    for name in other.columns:
        if name not in rights:
            cells = _cells(other, name)
            new = _free(f"{name}{suffix}" if name in df.columns else name, taken)
            made.append(_series(new, [None if b is None else cells[b] for _, b in pairs], _kind(other, name)))
    return _frame(made)

# ---- def concat ----
def concat(df, others, columns="union", source=None):
    tables = {"input": df, **others}
    names = list(dict.fromkeys(name for table in tables.values() for name in table.columns))
    common = [name for name in names if all(name in table.columns for table in tables.values())]
    if columns == "same" and names != common:
        raise ValueError("the tables do not have the same columns")
    if columns == "common":
        names = common
    made = [_stacked(name, [(_cells(table, name), _kind(table, name)) if name in table.columns else
                            ([None] * len(table), "null") for table in tables.values()]) for name in names]
    if source:
        made.append(_series(source, [key for key, table in tables.items() for _ in range(len(table))], "text"))
    return _frame(made)

# ---- def unpivot ----
def unpivot(df, index=(), columns=(), variable_name="variable", value_name="value"):
    columns = columns or [name for name in df.columns if name not in index]
    made = [_series(name, _cells(df, name) * len(columns), _kind(df, name)) for name in index]
    made.append(_series(variable_name, [name for name in columns for _ in range(len(df))], "text"))
    made.append(_stacked(value_name, [(_cells(df, name), _kind(df, name)) for name in columns]))
    return _frame(made)

# ---- def transpose ----
def transpose(df, header=None, name="column"):
    body = [one for one in df.columns if one != header]
    kind = _wider(_kind(df, one) for one in body)
    cells = [[_as(value, kind) for value in _cells(df, one)] for one in body]
    labels = [f"row_{row + 1}" for row in range(len(df))]
    if header:
        labels = [_shown(value) or "null" for value in _cells(df, header)]
    taken = {name}
    made = [_series(name, body, "text")]
    made += [_series(_free(label, taken), [column[row] for column in cells], kind) for row, label in enumerate(labels)]
    return _frame(made)

# ---- def _shown ----
def _shown(value):
    """A value as a person reads it."""
    if isinstance(value, float):
        return _label(value)
    if isinstance(value, dt.datetime):
        return str(value).rstrip("0").rstrip(".") if value.microsecond else str(value)
    return _spelled(value)

# ---- def _json ----
def _json(text):
    try:
        return json.loads(text)
    except ValueError:
        return None

# ---- def _of_json ----
def _of_json(value, kind):
    """A value of JSON as a kind; none where it does not fit."""
    if value is None:
        return None
    if kind == "bool":
        return value if isinstance(value, bool) else None
    if kind in ("int", "float"):
        fits = isinstance(value, int if kind == "int" else (int, float)) and not isinstance(value, bool)
        return (int(value) if kind == "int" else float(value)) if fits else None
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=False)

# ---- def explode ----
def explode(df, column, separator="", learned={}):
    kind = _kind(df, column)
    new = "text"
    if kind == "list":
        parts = [list(cell) if cell is not None and len(cell) else [None] for cell in _cells(df, column)]
        new = None
    elif separator:
        parts = [[part.strip() for part in (cell or "").split(separator) if part.strip()] or [None]
                 for cell in _cells(df, column)]
    else:
        new = learned["fields"][0]["type"]
        parts = []
        for cell in _cells(df, column):
            read = None if cell is None else _json(cell)
            read = cell if read is None else read
            items = read if isinstance(read, list) else [read]
            parts.append([_of_json(item, new) for item in items] or [None])
    df = _take(df, [row for row, items in enumerate(parts) for _ in items])
    return _place(df, column, [_series(column, [item for items in parts for item in items], new)])

# ---- def flatten_json ----
def flatten_json(df, column, learned, keep_source=False, **_options):
    values = [_json(cell) if isinstance(cell, str) else cell for cell in _cells(df, column)]

    def at(value, path):
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    made = [_series(field["name"], [_of_json(at(value, field["path"]), field["type"]) for value in values], field["type"])
            for field in learned["fields"]]
    return _place(df, column, made, keep_source)

# ---- def anonymise ----
def anonymise(df, columns, method="hash", show=0, width=10.0):
    if method == "hash":
        # pip install blake3; the project's salt stands in the environment.
        from blake3 import blake3
        salt = os.environ["CAIRN_SALT"].encode()
        key = blake3(salt, derive_key_context="Cairn 2026-11 anonymise values").digest()
    for name in columns:
        cells, made = _cells(df, name), []
        if method == "hash":
            made = [_series(name, [None if cell is None else blake3(_spelled(cell).encode(), key=key).hexdigest()[:16]
                                   for cell in cells], "text")]
        elif method == "mask":
            told = [_spelled(cell) for cell in cells]
            made = [_series(name, [None if cell is None else "•" * max(len(cell) - show, 0) + cell[max(len(cell) - show, 0):]
                                   for cell in told], "text")]
        elif method == "year":
            made = [_series(name, [None if cell is None else cell.year for cell in cells], "int")]
        elif method == "range":
            def end(at):
                return _label(float(f"{at * width:.11e}") + 0.0)

            places = [None if cell is None or not math.isfinite(cell) else math.floor(float(cell) / width) for cell in cells]
            made = [_series(name, [None if at is None else f"{end(at)} to {end(at + 1)}" for at in places], "text")]
        df = _place(df, name, made)
    return df

# ---- def one_hot_inverse ----
def one_hot_inverse(df, columns, name, prefix="", when_none=None, keep_source=False):
    made = []
    for row in zip(*(_cells(df, one) for one in columns)):
        ones = [one for one, cell in zip(columns, row) if cell == 1]
        if any(cell not in (None, 0, 1) for cell in row):
            raise ValueError(f"one of {columns} holds something other than 0 and 1")
        made.append(ones[0].removeprefix(prefix) if ones else None if all(cell is None for cell in row) else when_none)
    made = _series(name, made, "text")
    if keep_source:
        return _add(df, [made])
    for one in columns[1:]:
        df = _place(df, one, [])
    return _place(df, columns[0], [made])

# ---- def cast ----
def cast(df, columns, to="text", unfit="error", learned={}):
    def whole(text):
        try:
            return int(text)
        except ValueError:
            return whole_of(real(text))

    def whole_of(value):
        return int(value) if value is not None and value % 1 == 0 and abs(value) < 2 ** 63 else None

    def real(text):
        try:
            made = None if "_" in text else float(text)
        except ValueError:
            return None
        return None if made is None or math.isnan(made) else made

    def truth(value):
        if isinstance(value, str):
            value = value.lower()
            return True if value in ("true", "t", "yes", "y", "1") else False if value in ("false", "f", "no", "n", "0") else None
        return True if value == 1 else False if value == 0 else None

    def places(value, most):
        try:
            made = Decimal(value if isinstance(value, str) else _spelled(value))
        except ArithmeticError:
            return None
        return made.quantize(Decimal(1).scaleb(-most)) if made == round(made, most) else None

    for name in columns:
        kind, cells = _kind(df, name), _cells(df, name)
        if kind == to:
            continue
        texts = kind in ("text", "category")
        if texts and to in ("date", "datetime", "time"):
            change = _read_moment(learned["formats"][name], to)
        elif to in ("date", "datetime", "time"):
            change = lambda value: _turned(value, to)
        elif to == "decimal":
            most = int(learned["formats"][name].removesuffix(" places"))
            change = lambda value: places(value, most)
        else:
            change = {
                "text": _spelled, "category": _spelled, "bool": truth,
                "int": whole if texts else (lambda value: whole_of(value) if kind == "float" else int(value)),
                "float": real if texts else float,
            }[to]
        made = []
        for cell in cells:
            if texts and to not in ("text", "category"):
                cell = (cell or "").strip() or None
            made.append(None if cell is None else change(cell))
            if cell is not None and made[-1] is None and unfit == "error":
                raise ValueError(f"{cell!r} of {name} cannot become {to}")
        df = _place(df, name, [_series(name, made, to)])
    return df

# ---- def _mask ----
def _mask(df, rules, combine):
    """For each row whether it meets the rules; a missing value meets `is_null` and `not_equal` alone."""
    def number(text):
        text = str(text).strip()
        return {"true": 1.0, "false": 0.0}.get(text.lower()) if text.lower() in ("true", "false") else float(text)

    def wanted(kind, text):
        if kind == "int" and re.fullmatch(r"\s*[+-]?\d+\s*", str(text)):
            return int(text)
        if kind in ("int", "float", "decimal"):
            return number(text)
        if kind == "bool":
            return str(text).strip().lower() in ("true", "1")
        if kind == "date":
            return dt.date.fromisoformat(str(text).strip())
        if kind == "datetime":
            return dt.datetime.fromisoformat(str(text).strip())
        if kind == "time":
            return dt.time.fromisoformat(str(text).strip())
        return str(text) if not isinstance(text, bool) else _spelled(text)

    def one(rule):
        if "rules" in rule:
            met = _mask(df, rule["rules"], rule.get("combine", "all"))
            return [not each for each in met] if rule.get("negate") else met
        name, test, value = rule["column"], rule.get("test", "equal"), rule.get("value")
        cells, kind = _cells(df, name), _kind(df, name)
        if test in ("is_null", "not_null"):
            return [(cell is None) == (test == "is_null") for cell in cells]
        if test == "is_duplicate":
            counts = Counter(cells)
            return [cell is not None and counts[cell] > 1 for cell in cells]
        if test in ("contains", "not_contains", "starts_with", "ends_with", "matches"):
            cells = [_spelled(cell) for cell in cells]
            kind, value = "text", value if isinstance(value, str) else _spelled(value)
        others = _cells(df, rule["other"]) if rule.get("other") else None
        if others is None:
            if test in ("one_of", "not_one_of"):
                parts = _spelled(value).split("|")
                value = [wanted(kind, part.strip()) for part in parts] + (parts if kind in ("text", "category") else [])
            elif test == "between":
                low, high = (wanted(kind, part.strip()) if part.strip() else None for part in _spelled(value).split("|", 1))
                return [cell is not None and (low is None or cell >= low) and (high is None or cell <= high) for cell in cells]
            elif test != "matches":
                value = wanted(kind, value)
            others = [value] * len(cells)
        pattern = _pattern(value) if test == "matches" else None
        meets = {
            "equal": lambda a, b: a == b, "not_equal": lambda a, b: a != b, "less": lambda a, b: a < b,
            "less_or_equal": lambda a, b: a <= b, "greater": lambda a, b: a > b, "greater_or_equal": lambda a, b: a >= b,
            "one_of": lambda a, b: a in b, "not_one_of": lambda a, b: a not in b, "contains": lambda a, b: b in a,
            "not_contains": lambda a, b: b not in a, "starts_with": lambda a, b: a.startswith(b),
            "ends_with": lambda a, b: a.endswith(b), "matches": lambda a, b: bool(pattern.search(a)),
        }[test]
        return [test == "not_equal" if a is None or b is None else meets(a, b) for a, b in zip(cells, others)]

    met = [one(rule) for rule in rules]
    return [all(row) if combine == "all" else any(row) for row in zip(*met)] if met else [True] * len(df)

# ---- def bin ----
def bin(df, columns, learned, label="interval", keep_source=False, **_options):
    """Bins `[a, b)`, the last one closed; what lies outside falls into the first or last."""
    taken = set(df.columns)
    for one in learned["columns"]:
        name, edges = one["column"], [_real(edge) for edge in one["edges"]]
        inner, labels = edges[1:-1], _bin_labels(edges)
        places = [None if cell is None else bisect_right(inner, cell) for cell in _cells(df, name)]
        if label == "number":
            values, kind = places, "int"
        elif label == "midpoint":
            values, kind = [None if at is None else (edges[at] + edges[at + 1]) / 2 for at in places], "float"
        else:
            values, kind = [None if at is None else labels[at] for at in places], "text"
        df = _place(df, name, [_series(_free(f"{name}_bin", taken) if keep_source else name, values, kind)], keep_source)
    return df

# ---- def replace_values ----
def replace_values(df, columns, pairs):
    """All pairs at once. A column keeps its type where every new value fits it, otherwise it becomes text."""
    new = {pair["from"]: pair["to"] for pair in pairs}

    def fits(read):
        try:
            return all(read(to.strip()) is not None for to in new.values() if to.strip())
        except (ValueError, KeyError):
            return False

    truths = {"true": True, "false": False}
    for name in columns:
        kind, cells = _kind(df, name), _cells(df, name)
        numeric = kind in ("int", "float", "decimal")

        def replaced(cell, label):
            if label in new:
                return new[label]
            if numeric:
                for old, to in new.items():
                    try:
                        if float(old) == cell:
                            return to
                    except ValueError:
                        pass
            return None

        readers = {"int": [("int", int), ("float", float)], "float": [("float", float)], "bool": [("bool", truths.__getitem__)],
                   "date": [("date", dt.date.fromisoformat)], "datetime": [("datetime", dt.datetime.fromisoformat)],
                   "time": [("time", dt.time.fromisoformat)]}.get(kind, [])
        made, read = next((one for one in readers if fits(one[1])), ("category" if kind == "category" else "text", str))
        values = []
        for cell in cells:
            label = _label(cell)
            to = None if cell is None else replaced(cell, label)
            if cell is None or to is not None and not to.strip():
                values.append(None)
            elif to is not None:
                values.append(read(to.strip() if made != "text" else to))
            else:
                values.append(label if made in ("text", "category") else _as(cell, made))
        df = _place(df, name, [_series(name, values, made)])
    return df

# ---- def _records ----
def _records(path):
    """The records of a delimited file and the names of its columns."""
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding=READ["encoding"], newline="") as file:
        for _ in range(READ["skip_lines"]):
            file.readline()
        quote = READ["quote"]
        records = list(csv.reader(file, delimiter=READ["delimiter"], quotechar=quote or None, strict=False,
                                  quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE))
    records = [record for record in records if record]
    head = READ["header_rows"]
    width = max(map(len, records[:head + 1]), default=0)
    parts = [[cell.strip() for cell in record] for record in records[:head]]
    names = [" ".join(part[at] for part in parts if at < len(part) and part[at]) or f"column_{at + 1}"
             for at in range(width)]
    taken = set()
    names = [_free(name, taken) for name in names]
    return [(record + [""] * width)[:width] for record in records[head:]], names

# ---- def _typed ----
def _typed(name, fields, kind):
    """The fields of a column as the kind that Cairn found; without one, as the kind that fits them all."""
    missing = {"", *READ["null_tokens"]}
    cells = [None if field.strip() in missing else field for field in fields]
    if kind is None:
        for kind in ("bool", "int", "float", "date", "datetime", "text"):
            read = _field_reader(name, kind)
            if all(cell is None or read(cell.strip()) is not None for cell in cells):
                break
    read = _field_reader(name, kind)
    return _series(name, [None if cell is None else read(cell if kind == "text" else cell.strip()) for cell in cells], kind)

# ---- def _field_reader ----
def _field_reader(name, kind):
    truths = {"true": True, "yes": True, "y": True, "t": True, "1": True,
              "false": False, "no": False, "n": False, "f": False, "0": False}

    def number(field, of):
        field = field.replace(READ["thousands"], "") if READ["thousands"] else field
        field = field.strip("%€$£¥ ").replace(" ", "")
        try:
            made = of(field.replace(READ["decimal"] or ".", "."))
        except ValueError:
            return None
        return None if made != made else made

    if kind == "int":
        return lambda field: number(field, int)
    if kind == "float":
        return lambda field: number(field, float)
    if kind == "bool":
        return lambda field: truths.get(field.lower())
    if kind in ("date", "datetime", "time"):
        days = {"%d/%m": "%d/%m/%Y|%d.%m.%Y|%d-%m-%Y", "%m/%d": "%m/%d/%Y|%m.%d.%Y|%m-%d-%Y"}.get(
            READ["read_as"].get(name, "")[:5], "%Y-%m-%d|%Y/%m/%d|%Y.%m.%d")
        clocks = "%H:%M:%S%.f|%H:%M:%S%.f%z|%H:%M"
        both = "|".join(f"{day}{between}{clock}" for day in days.split("|") for between in (" ", "T")
                        for clock in clocks.split("|"))
        return _read_moment({"date": days, "time": clocks, "datetime": f"{both}|{days}"}[kind], kind)
    return lambda field: field

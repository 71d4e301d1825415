def read(path: str, columns: dict[str, str] | None = None) -> pl.DataFrame:
    """A file with the types that Cairn found: fields are read as text, then typed."""
    if path.endswith(".parquet"):
        return pl.read_parquet(path)
    if path.endswith((".arrow", ".feather")):
        return pl.read_ipc(path)
    rows, names = _records(path)
    columns = READ["columns"] if columns is None else columns
    return pl.DataFrame([_typed(name, [row[at] for row in rows], columns.get(name)) for at, name in enumerate(names)])


def write(df: pl.DataFrame, path: str) -> None:
    """By the ending of the name: Parquet, Arrow, otherwise CSV."""
    if path.endswith(".parquet"):
        df.write_parquet(path)
    elif path.endswith((".arrow", ".feather")):
        df.write_ipc(path)
    else:
        df.write_csv(path)


if __name__ == "__main__":
    import sys

    source, target, *more = sys.argv[1:]
    tables = {name: read(path, {}) for name, path in (one.split("=", 1) for one in more)}
    write(transform(read(source), tables), target)

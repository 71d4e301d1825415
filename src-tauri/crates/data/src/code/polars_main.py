def read(path: str, columns: dict[str, str] = READ["columns"]) -> pl.DataFrame:
    """A file with the types that Cairn found: fields are read as text, then typed."""
    if path.endswith(".parquet"):
        return pl.read_parquet(path)
    if path.endswith((".arrow", ".feather")):
        return pl.read_ipc(path)
    with open(path, encoding=READ["encoding"], newline="") as file:
        df = pl.read_csv(file.read().encode(), separator=READ["delimiter"], infer_schema=False,
                         null_values=[""] + READ["null_tokens"], truncate_ragged_lines=True)
    kinds = {"int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean, "date": pl.Date, "time": pl.Time,
             "datetime": pl.Datetime("us"), "category": pl.Categorical}
    out = []
    for name, kind in columns.items():
        if name not in df.columns or kind not in kinds:
            continue
        column = pl.col(name).str.strip_chars()
        if kind in ("int", "float") and READ["decimal"] == ",":
            column = column.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        if kind in ("date", "datetime", "time"):
            column = column.str.strptime(kinds[kind], READ["formats"].get(name), strict=False)
        elif kind == "bool":
            words = ["true", "yes", "y", "t", "1", "false", "no", "n", "f", "0"]
            column = column.str.to_lowercase().replace_strict(words, [True] * 5 + [False] * 5, default=None,
                                                              return_dtype=pl.Boolean)
        else:
            column = column.cast(kinds[kind], strict=False)
        out.append(column.alias(name))
    return df.with_columns(out)


def write(df: pl.DataFrame, path: str) -> None:
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

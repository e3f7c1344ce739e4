"""Columns of few different words as numbers, and what several of them have beside one another."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from aftersend.domain.columns import Numbers


def coded(column: pa.ChunkedArray) -> tuple[Numbers, list[Any]]:
    """Return for each row the number of its word, and the words; some of them may be in no row."""
    if not len(column):
        return np.zeros(0, np.int64), []
    found = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    whole = pa.concat_arrays(found.unify_dictionaries().chunks)
    return whole.indices.to_numpy().astype(np.int64), whole.dictionary.to_pylist()


def combined(columns: Sequence[pa.ChunkedArray]) -> tuple[list[tuple[Any, ...]], Numbers]:
    """Return the combinations that the columns have in a row, and for each row the number of its own.

    Those that have the same word in the first column are one after another.
    """
    keys = np.zeros(len(columns[0]), np.int64)
    words: list[list[Any]] = []
    for column in columns:
        codes, known = coded(column)
        words.append(known)
        keys = keys * max(len(known), 1) + codes
    found, number = np.unique(keys, return_inverse=True)
    codes_of = np.unravel_index(found, [max(len(known), 1) for known in words])
    columns_of = ([known[code] for code in codes.tolist()] for known, codes in zip(words, codes_of, strict=True))
    return list(zip(*columns_of, strict=True)), number.astype(np.int64)

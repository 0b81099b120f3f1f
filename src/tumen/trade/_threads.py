"""One BLAS thread for work on matrices so small that threads would spend more time on waiting for each other."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

__all__ = ["one_blas_thread"]


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()  # finding the libraries takes longer than a small solve


def one_blas_thread() -> AbstractContextManager[object]:
    """While it lasts, products of matrices run on one thread; afterwards on as many as before."""
    limit: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limit

"""What several kinds ask of their declarations."""

from __future__ import annotations

from tumen.case._problems import Misread
from tumen.case.fields import Quantity

__all__ = ["must_be_a_figure"]


def must_be_a_figure(key: str, amount: Quantity) -> None:
    """An amount from which its money is known, so no name of an assumption. Raises Misread."""
    if amount.distribution is None:
        raise Misread(key, f"`{amount.text}` is a name; write the figure here, for its unit says which money it is")

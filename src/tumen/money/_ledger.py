"""One double-entry ledger for everything that is paid.

A line says who pays whom, in which currency, on which account, for which initiative. `amount[line, draw, year]` is in
millions of the line's own nominal currency. Since every line has a payer and a payee,

    net[p] = receipts[p] - payments[p]    and    sum over all p of net[p] = 0

in every draw, year and currency. Lines that move no money (a debt forgiven) carry `cash=False` and obey the same rule.
Stocks stand beside the lines, and each reconciles (see `Stock`). Nothing is solved here, so there is no stopping rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict, Unpack

import numpy as np

from tumen.errors import LedgerError, UnknownName, unknown_name
from tumen.money._arrays import Array, Record, first_bad, frozen, shape_words
from tumen.money._stock import Stock, reconcile

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["Ledger", "Line", "Posting", "Query", "post"]

_SHOWN = 40  # lines of a ledger that its repr lists


@dataclass(frozen=True, slots=True)
class Line:
    """Who pays whom, in what, on which account, for which initiative.

    `cash` is False where a right changes hands but no money does. Raises LedgerError where the payer, the payee or the
    currency is missing, or where payer and payee are the same.

    >>> print(Line("PRK", "joint fund", "USD", "fund", "debt_swap", "instalments"))
    PRK -> joint fund: instalments (account fund, initiative debt_swap, USD)
    """

    payer: str
    payee: str
    currency: str
    account: str
    initiative: str
    label: str
    cash: bool = True

    def __post_init__(self) -> None:
        for side in ("payer", "payee", "currency"):
            if not getattr(self, side):
                raise LedgerError(f"line {self}: the {side} is missing; expected a name that is not empty")
        if self.payer == self.payee:
            raise LedgerError(f"line {self}: payer and payee are both {self.payer!r}; expected two different players")

    def __str__(self) -> str:
        note = "" if self.cash else ", no cash"
        return (
            f"{self.payer or '?'} -> {self.payee or '?'}: {self.label or '-'} (account {self.account or '-'}, "
            f"initiative {self.initiative or '-'}, {self.currency or '?'}{note})"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Posting(Record):
    """An amount on a line: (draw, year), in millions of the line's currency; negative where money flows back.

    Raises LedgerError, naming line, draw and year, where the amount is not finite.
    """

    line: Line
    amount: Array

    def __post_init__(self) -> None:
        amount = frozen(self.amount)
        object.__setattr__(self, "amount", amount)
        if amount.ndim != 2:
            raise LedgerError(f"line {self.line}: amount has the shape {amount.shape}; expected two: (draw, year)")
        bad = ~np.isfinite(amount)
        if bad.any():
            draw, t = first_bad(bad)
            raise LedgerError(
                f"line {self.line}: amount is {amount[draw, t]} in draw {draw}, year number {t}; "
                "expected a finite number"
            )


class Query(TypedDict, total=False):
    """What `receipts`, `payments` and `net` pass on to `Ledger.select`."""

    payer: str | None
    payee: str | None
    currency: str | None
    initiative: str | None
    account: str | None
    label: str | None
    cash: bool | None


@dataclass(frozen=True, eq=False, repr=False)
class Ledger(Record):
    """Lines, their amounts (line, draw, year) in millions of each line's currency, and stocks. Made by `post`.

    `known` holds the names that may be asked for, by kind, so that a part of a ledger still knows the names of the
    whole: asking a part for a player without lines in it gives zeros, asking for a name nobody bears is an error.
    """

    years: tuple[int, ...]
    lines: tuple[Line, ...]
    amount: Array
    stocks: tuple[Stock, ...] = ()
    known: tuple[tuple[str, frozenset[str]], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", frozen(self.amount))
        shape = self.amount.shape
        if len(shape) != 3 or (shape[0], shape[2]) != (len(self.lines), len(self.years)):
            raise LedgerError(
                f"ledger: amount has the shape {shape}; expected (line, draw, year) with "
                f"{len(self.lines)} lines and {len(self.years)} years"
            )
        if not self.known:
            object.__setattr__(self, "known", _names(self.lines, self.stocks))

    @property
    def draws(self) -> int:
        """How many draws the amounts hold."""
        return int(self.amount.shape[1])

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the lines, sorted."""
        return tuple(sorted({line.currency for line in self.lines}))

    def select(
        self,
        *,
        player: str | None = None,
        payer: str | None = None,
        payee: str | None = None,
        currency: str | None = None,
        initiative: str | None = None,
        account: str | None = None,
        label: str | None = None,
        cash: bool | None = None,
    ) -> Ledger:
        """The lines that fit everything asked, as a ledger; `player` fits either side.

        Stocks follow `player` (holder or counterparty), `currency`, `initiative` and `account`; the other arguments
        concern lines only. Raises UnknownName, with the nearest name, for a name that this ledger does not hold.
        """
        for kind, name in (("player", player), ("player", payer), ("player", payee), ("currency", currency),
                           ("initiative", initiative), ("account", account), ("label", label)):  # fmt: skip
            self._check(kind, name)
        places = {"currency": currency, "initiative": initiative, "account": account}
        wanted = {key: value for key, value in places.items() if value is not None}
        sides = {"payer": payer, "payee": payee, "label": label, "cash": cash}
        asked = wanted | {key: value for key, value in sides.items() if value is not None}
        keep = [
            i
            for i, line in enumerate(self.lines)
            if (player is None or player in (line.payer, line.payee))
            and all(getattr(line, key) == value for key, value in asked.items())
        ]
        stocks = tuple(
            stock
            for stock in self.stocks
            if (player is None or player in (stock.holder, stock.counterparty))
            and all(getattr(stock, key) == value for key, value in wanted.items())
        )
        return replace(self, lines=tuple(self.lines[i] for i in keep), amount=self.amount[keep], stocks=stocks)

    def receipts(self, player: str, **query: Unpack[Query]) -> Array:
        """What a player receives, (draw, year), in millions of one currency, nominal.

        `query` narrows the lines as in `select`; lines without cash count unless `cash=True` is asked. Raises
        LedgerError where the lines are in several currencies (pass `currency=`), UnknownName for an unknown name.
        """
        return self.select(**query).select(payee=player)._total(f"receipts of {player}")

    def payments(self, player: str, **query: Unpack[Query]) -> Array:
        """What a player pays, (draw, year); as `receipts`."""
        return self.select(**query).select(payer=player)._total(f"payments of {player}")

    def net(self, player: str, **query: Unpack[Query]) -> Array:
        """Receipts less payments of a player, (draw, year); as `receipts`."""
        part = self.select(**query).select(player=player)
        part._one_currency(f"net of {player}")
        return part.receipts(player) - part.payments(player)

    def stock(self, name: str) -> Stock:
        """The stock of that name; raises UnknownName with the nearest."""
        for stock in self.stocks:
            if stock.name == name:
                return stock
        raise unknown_name("stock", name, (stock.name for stock in self.stocks))

    def balance(self, name: str) -> Array:
        """The closing of a stock, (draw, year), in millions of its currency."""
        return self.stock(name).closing

    def in_currency(self, target: str, rates: Mapping[str, Array]) -> Ledger:
        """All lines in one currency, cash or not.

        `rates[c]` is (draw, year): units of `target` for one unit of `c`; a rate for `target` itself is not needed.
        Lines that differ only by their currency become one. Stocks are left out: converting one would need the rate at
        its opening, and would add revaluations that are nobody's payment. Raises UnknownName where a rate is missing,
        LedgerError where it has the wrong shape or is not positive.
        """
        factors: dict[str, Array | float] = {target: 1.0}
        for currency in self.currencies:
            if currency == target:
                continue
            if currency not in rates:
                raise UnknownName(
                    f"in_currency: no rate for {currency!r}; expected rates[{currency!r}], the {target} for one "
                    f"{currency} as (draw, year); given: {', '.join(sorted(rates)) or 'none'}"
                )
            factors[currency] = self._rate(currency, target, rates[currency])
        postings = [
            Posting(replace(line, currency=target), self.amount[i] * factors[line.currency])
            for i, line in enumerate(self.lines)
        ]
        lines, amount = _add_up(postings, self.draws, self.years)
        known = tuple((kind, names | {target} if kind == "currency" else names) for kind, names in self.known)
        return replace(self, lines=lines, amount=amount, stocks=(), known=known)

    def to_xarray(self) -> xr.Dataset:
        """Amounts (line, draw, year), stocks (stock, draw, year) and their flows (flow, draw, year), labelled."""
        from tumen.money._labelled import dataset

        return dataset(self)

    def to_frame(self, quantiles: Sequence[float] = (0.05, 0.5, 0.95)) -> pd.DataFrame:
        """A tidy table, one row a line and year: the line's names, `mean`, and a column such as `p05` a quantile."""
        from tumen.money._labelled import frame

        return frame(self, quantiles)

    def __repr__(self) -> str:
        span = f"{self.years[0]}..{self.years[-1]}" if self.years else "no years"
        head = f"Ledger: {len(self.lines)} lines, {len(self.stocks)} stocks, {self.draws} draws, {span}"
        if not self.lines or not self.draws:
            return head
        rows = [("payer -> payee", "account", "initiative", "label", "currency", "mean total, millions")]
        for line, amount in zip(self.lines[:_SHOWN], self.amount, strict=False):
            total = f"{amount.sum(axis=1).mean():,.1f}" + ("" if line.cash else " (no cash)")
            sides = f"{line.payer} -> {line.payee}"
            rows.append((sides, line.account, line.initiative, line.label, line.currency, total))
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        table = ["  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        more = [f"  ... and {len(self.lines) - _SHOWN} more"] if len(self.lines) > _SHOWN else []
        return "\n".join([head, *table, *more])

    def _check(self, kind: str, name: str | None) -> None:
        names = dict(self.known)[kind]
        if name is not None and name not in names:
            raise unknown_name(f"{kind} in the ledger called", name, names)

    def _one_currency(self, what: str) -> None:
        if len(self.currencies) > 1:
            raise LedgerError(
                f"{what}: the lines are in {', '.join(self.currencies)}, which do not add up; "
                "pass currency= to choose one, or convert first with in_currency()"
            )

    def _total(self, what: str) -> Array:
        self._one_currency(what)
        total: Array = self.amount.sum(axis=0)
        return total

    def _rate(self, currency: str, target: str, rate: Array) -> Array:
        rate = np.asarray(rate, dtype=np.float64)
        expected = (self.draws, len(self.years))
        if rate.shape != expected:
            raise LedgerError(
                f"in_currency: the rate of {currency} has the shape {shape_words(rate, ('draw', 'year'))}; "
                f"expected {expected}"
            )
        bad = ~(np.isfinite(rate) & (rate > 0))
        if bad.any():
            draw, t = first_bad(bad)
            raise LedgerError(
                f"in_currency: the rate of {currency} is {rate[draw, t]} in draw {draw}, {self.years[t]}; "
                f"expected a positive number of {target} for one {currency}"
            )
        return rate


def post(
    years: Iterable[int],
    postings: Iterable[Posting],
    stocks: Iterable[Stock] = (),
    *,
    draws: int | None = None,
    players: Iterable[str] = (),
) -> Ledger:
    """The ledger of these postings and stocks.

    Postings on equal lines are added up; lines keep the order of their first posting. Every stock is reconciled.
    `draws` is only needed where there is neither a posting nor a stock; `players` are further names that may be asked
    for although no line bears them. Raises LedgerError for shapes that do not fit, a stock that does not reconcile
    (naming stock, draw, year and gap) or two stocks of one name; ValueError for years that are not consecutive.

    >>> line = Line("PRK", "RUS", "USD", "debt service", "debt_swap", "instalments")
    >>> ledger = post((2014, 2015), [Posting(line, np.array([[1.0, 2.0]])), Posting(line, np.array([[0.5, 0.0]]))])
    >>> ledger.receipts("RUS")
    array([[1.5, 2. ]])
    """
    span = tuple(int(year) for year in years)
    if not span or span != tuple(range(span[0], span[0] + len(span))):
        raise ValueError(f"post: years are {span}; expected consecutive years such as (2014, 2015, 2016)")
    entries, held = list(postings), tuple(stocks)
    shapes = [(f"line {entry.line}", entry.amount) for entry in entries]
    shapes += [(f"stock {stock.name!r}", stock.closing) for stock in held]
    count = draws if draws is not None else (shapes[0][1].shape[0] if shapes else 0)
    for what, array in shapes:
        if array.shape != (count, len(span)):
            raise LedgerError(
                f"{what}: the shape is {shape_words(array, ('draw', 'year'))}; expected {(count, len(span))}: "
                f"{count} draws, and the years {span[0]}..{span[-1]}"
            )
    seen: set[str] = set()
    for stock in held:
        if stock.name in seen:
            raise LedgerError(f"stock {stock.name!r} stands twice in the ledger; expected a name of its own for each")
        seen.add(stock.name)
        reconcile(stock, span)
    lines, amount = _add_up(entries, count, span)
    return Ledger(span, lines, amount, held, _names(lines, held, players))


def _add_up(postings: Iterable[Posting], draws: int, years: Sequence[int]) -> tuple[tuple[Line, ...], Array]:
    sums: dict[Line, Array] = {}
    for posting in postings:
        if posting.line in sums:
            sums[posting.line] = sums[posting.line] + posting.amount
        else:
            sums[posting.line] = posting.amount
    amount = np.stack(list(sums.values())) if sums else np.zeros((0, draws, len(years)))
    amount.setflags(write=False)
    return tuple(sums), amount


def _names(
    lines: Iterable[Line], stocks: Iterable[Stock], players: Iterable[str] = ()
) -> tuple[tuple[str, frozenset[str]], ...]:
    lines, stocks = tuple(lines), tuple(stocks)
    both: tuple[Line | Stock, ...] = (*lines, *stocks)
    who = {p for line in lines for p in (line.payer, line.payee)} | {
        p for stock in stocks for p in (stock.holder, stock.counterparty)
    }
    return (
        ("player", frozenset(who | set(players))),
        ("currency", frozenset(entry.currency for entry in both)),
        ("initiative", frozenset(entry.initiative for entry in both)),
        ("account", frozenset(entry.account for entry in both)),
        ("label", frozenset(line.label for line in lines)),
    )

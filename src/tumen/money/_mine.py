"""A mine abroad: what it earns whom, and when the host takes it.

In each year t, with all of (draw,):

    price received   p = price (1 - discount),               discount: what the buyer of the off-take has
    output           q = min(capacity x working, reserves left), nothing where p (1 - royalty) < unit_cost + transport
    operating        o = q (p - royalty p - unit_cost - transport)
    tax              tax x (o less capital not yet written off), never below nil
    profit           o - tax, of which the host has `host_share` without paying for any of the capital
    sunk             u = max(0, u before + capital - the investors' profit)

The mine may stand still in a year in which it would lose money, and start again without cost (an option to shut). It
ends when the reserves are used up. Once begun, the host takes it in a year with the chance

    chance = 1 - exp(-(base + slope x u / planned capital)),     u as at the end of the year before,

so the temptation is greatest when all is built and nothing is paid back (Vernon 1971, the obsolescing bargain). That
the host can always take what is sunk, and that this bounds what is invested, is Thomas & Worrall (1994), Review of
Economic Studies 61; the linear form is ours. Investors then get `compensation` of u and nothing more; what the host
makes of the mine afterwards is not counted. Everything else is computed as if the mine were kept, and weighed by
whether it is: by luck, (draw, year) uniform, taken where luck < chance; or, without luck, by the probability.

Swap: `swap` of what the host has (royalty, tax, profit share) goes to pay what it owes for infrastructure, until it is
paid. Nothing is solved but `break_even_price`, by 60 halvings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import numpy.typing as npt

from tumen.money._appraisal import net_present_values
from tumen.money._arrays import Array, Record, first_bad, frozen, shape_words

__all__ = ["Mine", "MineTerms", "break_even_price", "operate"]

_HALVINGS = 60
_DEAREST = 1024.0  # times running costs; beyond that no price is looked for
_SHARES = ("discount", "royalty", "tax", "host_share", "compensation", "swap")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MineTerms(Record):
    """What a mine is, without its price; money in millions, each (draw,) but the last two.

    Attributes
    ----------
    capital
        Planned, of which `spent` are shares.
    reserves, capacity
        Tonnes, and tonnes a year.
    unit_cost, transport
        Millions a tonne, of mining and of bringing it to the buyer.
    discount, royalty, tax, host_share, compensation, swap
        Shares, as in the module.
    base, slope
        Rates a year of the hazard.
    owed
        What the host owes for infrastructure.
    spent, working
        (draw, year), shares of the planned capital and of the capacity.

    Raises
    ------
    ValueError
        For shapes that do not fit, a share outside 0 to 1, or what is negative or not finite.
    """

    capital: Array
    reserves: Array
    capacity: Array
    unit_cost: Array
    transport: Array
    discount: Array
    royalty: Array
    tax: Array
    host_share: Array
    compensation: Array
    swap: Array
    base: Array
    slope: Array
    owed: Array
    spent: Array
    working: Array

    def __post_init__(self) -> None:
        shape = np.shape(self.spent)
        if len(shape) != 2:
            raise ValueError(f"mine: spent has the shape {shape}; expected (draw, year)")
        for field in fields(self):
            values = frozen(getattr(self, field.name))
            wanted = shape if field.name in ("spent", "working") else shape[:1]
            if values.shape != wanted:
                words = shape_words(values, ("draw", "year")[: len(wanted)])
                raise ValueError(f"mine: {field.name} has the shape {words}; expected {wanted}")
            high = 1.0 if field.name in _SHARES else np.inf
            bad = ~(np.isfinite(values) & (values >= 0) & (values <= high))
            if bad.any():
                at = first_bad(bad)
                limit = "a share between 0 and 1" if high == 1 else "a finite number of at least 0"
                raise ValueError(f"mine: {field.name} is {values[at]:g} in draw {at[0]}; expected {limit}")
            object.__setattr__(self, field.name, values)

    def __repr__(self) -> str:
        draws, years = self.spent.shape
        return f"MineTerms({draws:,} draws, {years} years, mean capital {self.capital.mean() if draws else 0:,.1f})"


@dataclass(frozen=True, eq=False, repr=False)
class Mine(Record):
    """What a mine brings as long as it is kept, by year; made by `operate`. Each (draw, year), money in millions.

    Attributes
    ----------
    years
        The years of the arrays.
    capital, output, sales, costs, royalty, tax, profit, host_profit, swap
        As in the module; output in tonnes, `costs` those of mining and transport, `profit` all of it, after tax.
    rebate
        What the off-take's discount is worth to its buyer.
    sunk
        What the investors have not got back, at the end of the year.
    chance
        That the host takes it in the year, if it has not before.
    compensated
        What the host pays if it takes the mine in the year.
    """

    years: tuple[int, ...]
    capital: Array
    output: Array
    sales: Array
    costs: Array
    royalty: Array
    tax: Array
    profit: Array
    host_profit: Array
    swap: Array
    rebate: Array
    sunk: Array
    chance: Array
    compensated: Array

    def kept(self, luck: npt.ArrayLike | None = None) -> Array:
        """Whether the mine is kept through the year, (draw, year): 0 or 1 by luck, else the probability."""
        if luck is None:
            return frozen(np.cumprod(1 - self.chance, axis=1))
        drawn = np.asarray(luck, dtype=np.float64)
        if drawn.shape != self.chance.shape:
            raise ValueError(f"mine: luck has the shape {drawn.shape}; expected {self.chance.shape}")
        return frozen(np.cumprod(drawn >= self.chance, axis=1))

    def taken(self, luck: npt.ArrayLike | None = None) -> Array:
        """Whether the host takes it in the year, (draw, year); as `kept`."""
        kept = self.kept(luck)
        before = np.concatenate([np.ones((kept.shape[0], 1)), kept[:, :-1]], axis=1)
        return frozen(before - kept)

    def investor(self, luck: npt.ArrayLike | None = None) -> Array:
        """The investors' cash flow, (draw, year): profit without the host's share, less capital; compensation."""
        own = self.profit - self.host_profit - self.capital
        return frozen(self.kept(luck) * own + self.taken(luck) * self.compensated)

    def host(self, luck: npt.ArrayLike | None = None) -> Array:
        """What the host's treasury has, (draw, year): royalty, tax and its share of profit, less compensation."""
        own = self.royalty + self.tax + self.host_profit
        return frozen(self.kept(luck) * own - self.taken(luck) * self.compensated)

    def lost(self, luck: npt.ArrayLike | None = None) -> Array:
        """What was sunk and not got back when the host took it, without compensation, (draw, year)."""
        before = np.concatenate([np.zeros((len(self.sunk), 1)), self.sunk[:, :-1]], axis=1)
        return frozen(self.taken(luck) * before)

    def continuation(self, rate: npt.ArrayLike) -> Array:
        """What the investors may expect from the beginning of each year on, if it is kept until then, (draw, year).

        Flows of a year are discounted to its beginning by half a year of `rate`, (draw,) or one.
        """
        factor = 1 / (1 + np.broadcast_to(np.asarray(rate, dtype=np.float64), self.profit.shape[:1]))
        own = self.profit - self.host_profit - self.capital
        values = np.zeros(own.shape)
        ahead = np.zeros(own.shape[0])
        for t in range(own.shape[1] - 1, -1, -1):
            kept = own[:, t] * np.sqrt(factor) + ahead * factor
            ahead = (1 - self.chance[:, t]) * kept + self.chance[:, t] * self.compensated[:, t] * np.sqrt(factor)
            values[:, t] = ahead
        return frozen(values)

    def __repr__(self) -> str:
        if not self.profit.size:
            return "Mine(no draws)"
        rows = [
            ("output, Mt", self.output / 1e6), ("sales", self.sales), ("running costs", self.costs),
            ("royalty", self.royalty), ("tax", self.tax), ("profit", self.profit), ("capital", self.capital),
        ]  # fmt: skip
        head = f"{self.profit.shape[0]:,} draws, {self.years[0]}-{self.years[-1]}; if kept, mean over draws, all years"
        kept = f"  {'kept to the end':<16}{self.kept()[:, -1].mean():>11.0%}"
        return "\n".join([head, *(f"  {name:<16}{values.sum(axis=1).mean():>11,.1f}" for name, values in rows), kept])


def operate(terms: MineTerms, years: Sequence[int], price: npt.ArrayLike) -> Mine:
    """The mine at a price of ore, millions a tonne, (draw, year). Raises ValueError where shapes do not fit."""
    path = np.asarray(price, dtype=np.float64)
    shape = terms.spent.shape
    if path.shape != shape or len(years) != shape[1] or not np.isfinite(path).all():
        words = shape_words(path, ("draw", "year"))
        raise ValueError(f"mine: price has the shape {words}; expected {shape}, finite, for {len(years)} years")
    parts = {name: np.zeros(shape) for name in _BY_YEAR}
    left, sunk, unwritten, owed = terms.reserves, np.zeros(shape[0]), np.zeros(shape[0]), terms.owed
    begun = np.zeros(shape[0], dtype=bool)
    plan = np.where(terms.capital > 0, terms.capital, 1.0)
    running = terms.unit_cost + terms.transport
    for t in range(shape[1]):
        now: dict[str, Array] = {"capital": terms.capital * terms.spent[:, t]}
        now["chance"] = np.where(begun, -np.expm1(-(terms.base + terms.slope * sunk / plan)), 0.0)
        now["compensated"] = terms.compensation * sunk
        net = path[:, t] * (1 - terms.discount)
        pays = net * (1 - terms.royalty) >= running
        now["output"] = np.where(pays, np.minimum(terms.capacity * terms.working[:, t], left), 0.0)
        now["sales"], now["costs"] = now["output"] * net, now["output"] * running
        now["royalty"] = terms.royalty * now["sales"]
        operating = now["sales"] - now["royalty"] - now["costs"]
        unwritten = unwritten + now["capital"]
        written = np.minimum(unwritten, np.maximum(operating, 0.0))
        now["tax"] = terms.tax * np.maximum(operating - written, 0.0)
        now["profit"] = operating - now["tax"]
        now["host_profit"] = terms.host_share * now["profit"]
        has = now["royalty"] + now["tax"] + now["host_profit"]
        now["swap"] = np.minimum(terms.swap * has, owed)
        now["rebate"] = now["output"] * (path[:, t] - net)
        left, owed, unwritten = left - now["output"], owed - now["swap"], unwritten - written
        sunk = np.maximum(sunk + now["capital"] - (now["profit"] - now["host_profit"]), 0.0)
        now["sunk"] = sunk
        begun = begun | (now["capital"] > 0)
        for name, value in now.items():
            parts[name][:, t] = value
    return Mine(tuple(int(year) for year in years), **{name: frozen(values) for name, values in parts.items()})


_BY_YEAR = tuple(field.name for field in fields(Mine) if field.name != "years")


def break_even_price(terms: MineTerms, years: Sequence[int], rate: npt.ArrayLike, as_of: date) -> Array:
    """The level price of ore, millions a tonne, at which the investors may expect to get `rate`, (draw,).

    Weighed by the probability that the mine is kept, not by luck. Where even 1,024 times the running costs would not
    do, that is given. Raises ValueError as `operate` and `net_present_values` do.
    """
    ones = np.ones(terms.spent.shape)

    def pays(level: Array) -> npt.NDArray[np.bool_]:
        made = operate(terms, years, ones * level[:, None])
        return net_present_values(made.investor(), years, rate, as_of) >= 0

    low = np.zeros(len(ones))
    running = terms.unit_cost + terms.transport
    top = _DEAREST * np.where(running > 0, running, 1e-6)
    high = top / _DEAREST
    for _ in range(10):
        short = ~pays(high)
        if not short.any():
            break
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    never = ~pays(high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = pays(middle)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return frozen(np.where(never, top, high))

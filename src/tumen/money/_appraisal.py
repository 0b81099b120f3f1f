"""Appraisal of a project's dated cash flows, in all draws at once.

A flow of the year y is taken to fall at its middle, t = y + 1/2 - as_of years from the date of the value, or on that
date where the middle has passed; flows of years that ended before it are sunk and left out:

    NPV = sum over years of  flow / (1 + rate)^t.

Rates of return follow the rule of `irr`: of several roots the smallest that is not negative, else the one nearest to
zero. A flow whose sign changes once has one root, found for all draws together by bisection in s = ln(1 + r) to
1e-14. For the others, all real positive roots of sum of flow x^k, x = 1/(1 + r), are eigenvalues of companion
matrices; each is closed by bisection within bounds at which the sign differs, or kept as it is where the flow only
touches nil (1e-12 of the sum of absolute terms).

Option to wait, in two states (Dixit & Pindyck 1994, Investment under Uncertainty, ch. 2): a project worth `now` if it
is begun today will be worth `up` or `down` if it is begun a while later, as seen then. Waiting is worth

    wait = (q max(up, 0) + (1 - q) max(down, 0)) / (1 + rate)^time,        option = max(wait - max(now, 0), 0).

q is the chance of `up`, or, where the risk can be traded, `risk_neutral_chance` with the riskless rate. Without an end
(their ch. 5), a project worth V that grows by `growth` a year and moves by `volatility`, both of a geometric Brownian
motion, should cost no more than V (beta - 1) / beta, with beta the positive root of
volatility^2 beta (beta - 1) / 2 + growth beta - rate = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from tumen.money._arrays import Array, Record, drawn, first_bad, frozen, shape_words

__all__ = [
    "Appraisal",
    "Waiting",
    "appraise",
    "debt_service_cover",
    "irr_many",
    "net_present_values",
    "option_to_wait",
    "perpetual_option",
    "risk_neutral_chance",
    "years_from",
]

_TOUCH = 1e-12
_LOWEST, _HIGHEST = -36.0, 700.0  # of ln(1 + r), as in `irr`
_HALVINGS = 60


@dataclass(frozen=True, eq=False, repr=False)
class Appraisal(Record):
    """What a flow is worth, in every draw; made by `appraise`.

    Attributes
    ----------
    years, as_of, currency, prices
        Years of the flow, day of the value, currency, and price basis in words, such as "constant prices of 2014".
    flow
        (draw, year), millions of the currency.
    rate
        (draw,), a year.
    npv
        (draw,), millions of the currency.
    irr
        (draw,), a year: 0 where nothing is ever paid in, -1 where nothing comes back.
    payback
        (draw,), the first year by whose end all that was paid in has come back and after which it is never in the red
        again; the year after the last one where that never happens or nothing is paid in.
    loss
        (draw, year), what was paid in and not got back by the end of the year: lost if it is then abandoned.
    """

    years: tuple[int, ...]
    as_of: date
    currency: str
    prices: str
    flow: Array
    rate: Array
    npv: Array
    irr: Array
    payback: Array
    loss: Array

    @property
    def largest_loss(self) -> Array:
        """The most that could be lost by abandoning it at the worst moment, (draw,)."""
        return frozen(self.loss.max(axis=1, initial=0.0))

    def __repr__(self) -> str:
        if not self.npv.size:
            return "Appraisal(no draws)"
        never = self.years[-1] + 1
        rows = [
            ("NPV", f"{np.median(self.npv):,.1f}", f"above 0 in {np.mean(self.npv > 0):.0%}"),
            ("IRR", f"{np.median(self.irr):.1%}", ""),
            ("payback", f"{np.median(self.payback):.0f}", f"never in {np.mean(self.payback == never):.0%}"),
            ("largest loss", f"{np.median(self.largest_loss):,.1f}", ""),
        ]
        head = f"{self.npv.size:,} draws, {self.years[0]}-{self.years[-1]}, M{self.currency}, {self.prices}"
        return "\n".join([head, *(f"  {name:<14}{value:>12}  {note}".rstrip() for name, value, note in rows)])


@dataclass(frozen=True, slots=True, eq=False)
class Waiting(Record):
    """Investing now against waiting, each (draw,): `now` and `wait` in money, `option` what waiting adds."""

    now: Array
    wait: Array
    option: Array


def years_from(as_of: date, years: Sequence[int]) -> Array:
    """Years from `as_of` to the middle of each year, 0 where that has passed, -1 where the year is over; (year,).

    >>> years_from(date(2014, 7, 2), (2013, 2014, 2015)).round(3).tolist()
    [-1.0, 0.0, 1.0]
    """
    start = date(as_of.year, 1, 1)
    now = as_of.year + (as_of - start).days / (date(as_of.year + 1, 1, 1) - start).days
    span = np.asarray(years, dtype=np.float64)
    return np.where(span + 1 <= now, -1.0, np.maximum(span + 0.5 - now, 0.0))


def net_present_values(flow: npt.ArrayLike, years: Sequence[int], rate: npt.ArrayLike, as_of: date) -> Array:
    """Net present value of yearly flows on a day, (draw,), in the money of `flow`, (draw, year); `rate` (draw,) or one.

    Raises ValueError where shapes do not fit, an amount is not finite or a rate is -1 or less.
    """
    money = _flows("net_present_values", flow, years)
    rates = drawn("net_present_values", "rate", rate, money.shape[0], np.nextafter(-1.0, 0.0))
    when = years_from(as_of, years)
    ahead = when >= 0
    factors = np.exp(-np.multiply.outer(np.log1p(rates), when[ahead]))
    return frozen((money[:, ahead] * factors).sum(axis=1))


def appraise(
    flow: npt.ArrayLike, years: Sequence[int], rate: npt.ArrayLike, as_of: date, *, currency: str, prices: str
) -> Appraisal:
    """NPV, IRR, payback and loss on abandonment of a flow (draw, year), in millions of `currency`.

    `prices` says in words which prices the flow is in, and so what the `rate` is a rate of: nothing is converted here.
    Only years that are not over on `as_of` count. Raises ValueError as `net_present_values` does.

    >>> made = appraise([[-100, 39, 59, 55, 20]], range(2015, 2020), 0.1, date(2014, 5, 31),
    ...                 currency="USD", prices="constant prices of 2014")
    >>> round(float(made.irr[0]), 6), float(made.payback[0]), float(made.largest_loss[0])
    (0.280948, 2018.0, 100.0)
    """
    money = _flows("appraise", flow, years)
    value = net_present_values(money, years, rate, as_of)
    ahead = years_from(as_of, years) >= 0
    span = tuple(int(year) for year in years)
    counted = money[:, ahead]
    total = np.cumsum(counted, axis=1)
    small = 1e-9 * np.abs(counted).sum(axis=1, keepdims=True)
    short = np.zeros(money.shape)
    short[:, ahead] = np.where(total < -small, -total, 0.0)
    red = short > 0
    last = np.where(red.any(axis=1), money.shape[1] - 1 - np.argmax(red[:, ::-1], axis=1), money.shape[1] - 1)
    rates = drawn("appraise", "rate", rate, money.shape[0], np.nextafter(-1.0, 0.0))
    return Appraisal(
        span, as_of, currency, prices, frozen(money), rates, value,
        frozen(irr_many(counted, none=-1.0, unpaid=0.0)), frozen(span[0] + last + 1.0), frozen(short),
    )  # fmt: skip


def debt_service_cover(cash: npt.ArrayLike, service: npt.ArrayLike) -> Array:
    """The least ratio of a year's cash before debt service to the service due, (draw,); infinite where none is due.

    Both are (draw, year), of the same money. Raises ValueError where shapes differ or a service is negative.
    """
    paid, due = np.asarray(cash, dtype=np.float64), np.asarray(service, dtype=np.float64)
    if paid.ndim != 2 or paid.shape != due.shape or not (np.isfinite(due).all() and (due >= 0).all()):
        raise ValueError(
            f"debt_service_cover: cash has the shape {shape_words(paid, ('draw', 'year'))}, service {due.shape}; "
            "expected the same, with services of at least 0"
        )
    ratio = np.full(paid.shape, np.inf)
    np.divide(paid, due, out=ratio, where=due > 0)
    return frozen(ratio.min(axis=1, initial=np.inf))


def option_to_wait(
    now: npt.ArrayLike, up: npt.ArrayLike, down: npt.ArrayLike, chance: npt.ArrayLike, rate: npt.ArrayLike,
    time: float = 1.0,
) -> Waiting:  # fmt: skip
    """Investing now against waiting for `time` years to see which of two states comes; see the module.

    `now`, `up` and `down` are net present values if it is begun then and seen from then, each (draw,); `chance` is that
    of `up`. Raises ValueError where a chance is no share, a rate -1 or less, or shapes differ.

    >>> made = option_to_wait([600.0], up=[1700.0], down=[-500.0], chance=0.5, rate=0.1)
    >>> round(float(made.wait[0]), 2), round(float(made.option[0]), 2)
    (772.73, 172.73)
    """
    where = "option_to_wait"
    first = np.atleast_1d(np.asarray(now, dtype=np.float64))
    size = first.shape[0]
    today = drawn(where, "now", first, size)
    above, below = drawn(where, "up", up, size), drawn(where, "down", down, size)
    share = drawn(where, "chance", chance, size, 0.0, 1.0)
    factor = (1 + drawn(where, "rate", rate, size, np.nextafter(-1.0, 0.0))) ** -time
    wait = factor * (share * np.maximum(above, 0.0) + (1 - share) * np.maximum(below, 0.0))
    return Waiting(today, frozen(wait), frozen(np.maximum(wait - np.maximum(today, 0.0), 0.0)))


def risk_neutral_chance(price: npt.ArrayLike, up: npt.ArrayLike, down: npt.ArrayLike, rate: npt.ArrayLike) -> Array:
    """The chance of `up` at which holding what is priced `price` earns `rate`, (draw,); payouts are in `up` and `down`.

    Raises ValueError where that is no chance, so that one could gain without risk.
    """
    first = np.atleast_1d(np.asarray(price, dtype=np.float64))
    above, below, riskless = (np.asarray(x, dtype=np.float64) for x in (up, down, rate))
    if not (above > below).all():
        raise ValueError(
            "risk_neutral_chance: `up` is not above `down`; expected two different states, the higher first"
        )
    return drawn("risk_neutral_chance", "chance", (first * (1 + riskless) - below) / (above - below), first.size, 0, 1)


def perpetual_option(
    value: npt.ArrayLike, cost: npt.ArrayLike, rate: npt.ArrayLike, growth: npt.ArrayLike, volatility: npt.ArrayLike
) -> tuple[Array, Waiting]:
    """The value at which to begin, (draw,), and what the option is worth now, where one may wait for ever.

    `growth` is that of the mean of `value` and must be below `rate`; `volatility` is above 0. Raises ValueError
    otherwise, and where value or cost is not above 0.

    >>> trigger, made = perpetual_option([1.0], cost=1.0, rate=0.04, growth=0.0, volatility=0.2)
    >>> trigger, made.option
    (array([2.]), array([0.25]))
    """
    where, tiny = "perpetual_option", float(np.nextafter(0.0, 1.0))
    first = np.atleast_1d(np.asarray(value, dtype=np.float64))
    size = first.size
    worth, price = drawn(where, "value", first, size, tiny), drawn(where, "cost", cost, size, tiny)
    rates, grows = drawn(where, "rate", rate, size, tiny), drawn(where, "growth", growth, size)
    variance = drawn(where, "volatility", volatility, size, tiny) ** 2
    if not (grows < rates).all():
        raise ValueError(f"{where}: a growth is not below its rate, so that it would pay to wait for ever")
    half = 0.5 - grows / variance
    beta = half + np.sqrt(half**2 + 2 * rates / variance)
    trigger = beta / (beta - 1) * price
    waits = (trigger - price) * np.minimum(worth / trigger, 1.0) ** beta
    now = worth - price
    wait = np.where(worth < trigger, waits, now)
    return frozen(trigger), Waiting(frozen(now), frozen(wait), frozen(np.maximum(wait - np.maximum(now, 0.0), 0.0)))


def irr_many(flows: npt.ArrayLike, *, none: float = np.nan, unpaid: float | None = None) -> Array:
    """The rate a period at which flows a period apart, (draw, period), are worth nil: (draw,), by the rule of `irr`.

    `none` stands where no rate does; `unpaid`, if given, where in addition nothing is ever paid in. Raises ValueError
    where a flow is not finite.

    >>> irr_many([[-100, 39, 59, 55, 20], [-1600, 10000, -10000, 0, 0]]).round(6).tolist()
    [0.280948, 0.25]
    """
    money = np.asarray(flows, dtype=np.float64)
    if money.ndim != 2 or not np.isfinite(money).all():
        raise ValueError(f"irr_many: flows have the shape {money.shape}; expected (draw, period), and finite amounts")
    found = np.full(money.shape[0], float(none))
    if unpaid is not None:
        found[~(money < 0).any(axis=1)] = unpaid
    if not money.size:
        return found
    scaled = money / np.maximum(np.abs(money).max(axis=1, keepdims=True), np.finfo(float).tiny)
    changes = _changes(scaled)
    once = changes == 1
    found[once] = _within(_single(scaled[once]), none)
    several = np.flatnonzero(changes > 1)
    if several.size:
        first = np.argmax(scaled[several] != 0, axis=1)
        last = scaled.shape[1] - 1 - np.argmax(scaled[several, ::-1] != 0, axis=1)
        for a, b in sorted(set(zip(first.tolist(), last.tolist(), strict=True))):  # as many as there are lengths
            rows = several[(first == a) & (last == b)]
            found[rows] = _within(_several(scaled[rows, a : b + 1]), none)
    return found


def _within(logs: Array, none: float) -> Array:
    good = (logs > _LOWEST) & (logs < _HIGHEST)
    return np.where(good, np.expm1(np.where(good, logs, 0.0)), none)


def _changes(money: Array) -> npt.NDArray[np.int64]:
    """How often the sign of each row changes, zeros left out."""
    signs = np.sign(money)
    for k in range(1, signs.shape[1]):
        signs[:, k] = np.where(signs[:, k] == 0, signs[:, k - 1], signs[:, k])
    return np.asarray((signs[:, 1:] * signs[:, :-1] < 0).sum(axis=1))


def _value(money: Array, logs: Array) -> Array:
    """The flows' value at s = ln(1 + r) over the sum of its absolute terms: within [-1, 1] for every s."""
    exponents = -np.multiply.outer(logs, np.arange(money.shape[1], dtype=np.float64))
    exponents = np.where(money != 0, exponents, -np.inf)
    terms = money * np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return np.asarray(terms.sum(axis=1) / np.abs(terms).sum(axis=1))


def _halved(money: Array, low: Array, high: Array) -> Array:
    """The zero between two logs at which the signs differ."""
    at_low = np.sign(_value(money, low))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        same = np.sign(_value(money, middle)) == at_low
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2


def _single(money: Array) -> Array:
    """The one zero of each row, each with one change of sign: bounds first, twice as far each time."""
    low, high = np.full(money.shape[0], -0.125), np.full(money.shape[0], 0.125)
    rows = np.arange(money.shape[0])
    above = np.sign(money[rows, np.argmax(money != 0, axis=1)])  # far above, the first flow decides
    while True:
        up = (np.sign(_value(money, high)) != above) & (high < _HIGHEST)
        down = (np.sign(_value(money, low)) == above) & (low > 2 * _LOWEST)
        if not (up.any() or down.any()):
            return _halved(money, low, high)
        high, low = np.where(up, 2 * high, high), np.where(down, 2 * low, low)


def _several(money: Array) -> Array:
    """The zero that the rule chooses in each row; first and last flow are not nil. Infinite where there is none."""
    terms = money.shape[1]
    companion = np.zeros((money.shape[0], terms - 1, terms - 1))
    companion[:, np.arange(1, terms - 1), np.arange(terms - 2)] = 1.0
    companion[:, :, -1] = -money[:, :-1] / money[:, -1:]
    with np.errstate(all="ignore"):
        roots = np.linalg.eigvals(companion)
        size = np.abs(roots)
        real = (roots.real > 0) & (np.abs(roots.imag) < 1e-5 * size)
        logs = np.where(real, -np.log(np.where(size > 0, size, 1.0)), np.inf)
    logs = np.sort(logs, axis=1)
    best = np.full(money.shape[0], np.inf)
    for k in range(terms - 1):  # from the lowest rate up, so the first that is not negative stays
        here = np.isfinite(logs[:, k])
        exact, found = _closed(money, np.where(here, logs[:, k], 0.0))
        settled = np.isfinite(best) & (best > -_TOUCH)
        best = np.where(here & found & ~settled, exact, best)
    return best


def _closed(money: Array, guess: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """A zero near each guess, and whether there is one: between signs that differ, or where nil is only touched."""
    zero, found = guess.copy(), np.abs(_value(money, guess)) < _TOUCH
    crossed = np.zeros(guess.shape, dtype=bool)
    for reach in (1e-10, 1e-8, 1e-6, 1e-4):
        low, high = guess - reach, guess + reach
        differ = (np.sign(_value(money, low)) * np.sign(_value(money, high)) < 0) & ~crossed
        if differ.any():
            zero[differ] = _halved(money[differ], low[differ], high[differ])
        crossed |= differ
    return zero, found | crossed


def _flows(where: str, flow: npt.ArrayLike, years: Sequence[int]) -> Array:
    money = np.asarray(flow, dtype=np.float64)
    if money.ndim != 2 or money.shape[1] != len(years):
        raise ValueError(
            f"{where}: the flow has the shape {shape_words(money, ('draw', 'year'))}; expected a year for each of the "
            f"{len(years)} years"
        )
    bad = ~np.isfinite(money)
    if bad.any():
        draw, year = first_bad(bad)
        raise ValueError(
            f"{where}: the flow is {money[draw, year]} in draw {draw}, {years[year]}; expected finite amounts"
        )
    return money

"""What a run keeps of its networks, and shows: flows on a map, shares of the players, fees beside what was asked.

Taken on the draws of the first chunk: flows where all that pays all together is built, shares of what all can reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import xarray as xr

    from tumen._prospect import Prospect
    from tumen.case import Case
    from tumen.outcome import Outcome
    from tumen.report import NetworkMap, Ranges, Shares

__all__ = ["as_datasets", "maps", "ranges", "shares"]

Array = npt.NDArray[np.float64]
LEVELS = (0.05, 0.5, 0.95)
SOLUTIONS = ("shapley", "nucleolus")
_NAMES = {"shapley": "Shapley value", "nucleolus": "Nucleolus"}


def as_datasets(outcome: Outcome) -> dict[str, xr.Dataset]:
    """The networks of an outcome as groups of the results, by name; fees of lines that cross somebody beside them."""
    found = {}
    for name, prospect in outcome.networks.items():
        found[f"networks/{name}"] = _network(outcome, prospect)
        for line, player in _crossed(prospect):
            found[f"networks/{name}/{line}_{player}"] = _fee(outcome, prospect, line, player)
    return found


def _network(outcome: Outcome, prospect: Prospect) -> xr.Dataset:
    """Flows by link, shares by player."""
    import xarray as xr

    solution = prospect.solution()
    links, network = solution.network.links, solution.network
    built = dict(zip(network.candidates, (solution.built > 0).mean(axis=0), strict=True))
    net = solution.flow - solution.back
    game = prospect.game()
    alone = game.values[:, [1 << k for k in range(game.n)]]
    share = np.stack([np.quantile(prospect.shares(each) - alone, LEVELS, axis=0) for each in SOLUTIONS])
    money = {"units": "MUSD/yr"}
    spec: Any = prospect.spec
    planned = {link.name: name for name, added in prospect.additions.items() for link in added.links}
    standing = {link.name for added in prospect.additions.values() if added.built for link in added.links}
    variables = {
        "flow": (("level", "link"), np.quantile(net, LEVELS, axis=0), {"units": "units of the good a year"}),
        "used": (
            ("link",),
            np.where([np.isinf(x.capacity) for x in links], np.nan, np.median(solution.utilisation, axis=0)),
        ),
        "built": (("link",), np.array([built.get(link.name, 1.0) for link in links])),
        "share": (("solution", "level", "player"), share, money),
    }

    def title(name: str) -> str:
        own = spec.links[name].title if name in spec.links else _title(outcome, planned.get(name, ""), name)
        return str(own or name.replace("_", " ").replace(".", ", "))

    coords = {
        "level": list(LEVELS),
        "solution": list(SOLUTIONS),
        "player": list(spec.players),
        "link": [link.name for link in links],
        "title": ("link", [title(link.name) for link in links]),
        "origin": ("link", [link.origin for link in links]),
        "destination": ("link", [link.destination for link in links]),
        "mode": ("link", [link.mode for link in links]),
        "unit": ("link", [f"{spec.commodities[link.commodity].unit}/yr" for link in links]),
        "planned": ("link", [int(link.name in planned and link.name not in standing) for link in links]),
        "node": [node.name for node in network.nodes],
        "node_title": ("node", [spec.nodes[node.name].title or node.name for node in network.nodes]),
        "country": ("node", [node.country for node in network.nodes]),
        "lat": ("node", [spec.nodes[node.name].at[0] for node in network.nodes]),
        "lon": ("node", [spec.nodes[node.name].at[1] for node in network.nodes]),
    }
    about = {"title": spec.title or prospect.name, "year": spec.years[0], "draws": prospect.size}
    return xr.Dataset(variables, coords, attrs=about)


def _title(outcome: Outcome, initiative: str, link: str) -> str:
    """What a line that an initiative adds is called, with its good where it carries several."""
    spec: Any = outcome.case.initiatives.get(initiative)
    if spec is None:
        return ""
    name = spec.title or initiative.replace("_", " ")
    below = link.removeprefix(f"{initiative}.") if link != initiative else ""
    return f"{name}, {below.replace('_', ' ')}" if below else str(name)


def _crossed(prospect: Prospect) -> Iterator[tuple[str, str]]:
    """Planned lines with each player whom they cross."""
    for line, added in prospect.additions.items():
        for player in dict.fromkeys(country for link in added.links for country in link.crosses):
            if player in prospect.spec.players and not added.built:
                yield line, player


def _fee(outcome: Outcome, prospect: Prospect, line: str, player: str) -> xr.Dataset:
    """The fee of one player by each reckoning, (reckoning, level)."""
    import xarray as xr

    from tumen.claims import measure

    asked: Mapping[str, Any] = {"initiative": line, "player": player}
    rows = {
        _NAMES[each]: np.asarray(measure("bargain.fee").function(outcome, solution=each, **asked)) for each in SOLUTIONS
    }
    figures = measure("bargain.fee").figures
    assert figures is not None
    beside = {item.label: np.asarray(item.values) for item in figures(outcome, solution="shapley", **asked)}
    least, most = beside.get("Least fee in the core"), beside.get("Largest fee in the core")
    table = {name: np.quantile(values, LEVELS) for name, values in rows.items()}
    if least is not None and most is not None:
        table["Core, by the medians of its ends"] = np.array(
            [np.median(least), np.median((least + most) / 2), np.median(most)]
        )
    if prospect.addition(line).enforcement is not None:
        kept = measure("bargain.self_enforcing_fee").function(outcome, **asked)
        table["Least that keeps the deal"] = np.quantile(np.asarray(kept), LEVELS)
    spec: Any = outcome.case.initiatives[line]
    about = {"title": f"Transit fee to {outcome.case.players[player]}, {spec.title or line.replace('_', ' ')}"}
    about |= {"line": line, "player": player}
    return xr.Dataset(
        {"fee": (("reckoning", "level"), np.stack(list(table.values())), {"units": "MUSD/yr"})},
        {"reckoning": list(table), "level": list(LEVELS)},
        attrs=about,
    )


def maps(data: xr.DataTree) -> tuple[NetworkMap, ...]:
    """The maps of a run's networks."""
    from tumen.report import NetworkMap, Place, Route

    found = []
    for group in _groups(data):
        places = tuple(
            Place(str(n), str(t), str(c), float(a), float(o))
            for n, t, c, a, o in zip(
                group.node.values, group.node_title.values, group.country.values, group.lat.values, group.lon.values,
                strict=True,
            )
        )  # fmt: skip
        low, middle, high = group["flow"].values
        routes = tuple(
            Route(
                str(group.link.values[k]), str(group.title.values[k]), str(group.origin.values[k]),
                str(group.destination.values[k]), str(group["mode"].values[k]), bool(group.planned.values[k]),
                float(middle[k]), float(low[k]), float(high[k]), str(group.unit.values[k]),
                float(group.used.values[k]), float(group.built.values[k]),
            )
            for k in range(len(group.link))
        )  # fmt: skip
        gloss = (
            f"Flows of {group.attrs['year']} if all that pays those who bargain together were built: the median of "
            f"{group.attrs['draws']} draws. It says what would pay, not what will be decided."
        )
        found.append(NetworkMap(str(group.attrs["title"]), gloss, places, routes))
    return tuple(found)


def shares(data: xr.DataTree, case: Case) -> tuple[Shares, ...]:
    """The players' shares of each network."""
    from tumen.report import Share, Shares

    found = []
    for group in _groups(data):
        rows = []
        for solution in group.solution.values:
            low, middle, high = group["share"].sel(solution=solution).values
            names = [case.players.get(str(player), str(player)) for player in group.player.values]
            bars = tuple(
                Share(*each) for each in zip(names, map(float, middle), map(float, low), map(float, high), strict=True)
            )
            rows.append((_NAMES[str(solution)], bars))
        gloss = (
            f"What each gets of what all can reach together, a year, above what it reaches alone, at the quantities of "
            f"{group.attrs['year']}: the median and 5-95 % of {group.attrs['draws']} draws."
        )
        found.append(Shares(str(group.attrs["title"]), gloss, "MUSD/yr", tuple(rows)))
    return tuple(found)


def ranges(data: xr.DataTree, case: Case) -> tuple[Ranges, ...]:
    """Fees by several reckonings, beside what claims about them say."""
    from tumen.report import Mark, Range, Ranges

    found = []
    for group in _groups(data, fees=True):
        line, player = str(group.attrs["line"]), str(group.attrs["player"])
        rows = tuple(
            Range(str(name), float(low), float(middle), float(high))
            for name, (low, middle, high) in zip(group.reckoning.values, group["fee"].values, strict=True)
        )
        marks = []
        for name, claim in case.claims.items():
            about = claim.where.get("initiative"), claim.where.get("player")
            if claim.measure == "bargain.fee" and about == (line, player):
                label = name.replace("_", " ")
                marks.append(Mark(label[:1].upper() + label[1:], claim.test.low.central, claim.test.high.central))
        gloss = "If the line were built. Bars: 5-95 % of the draws, dots the median; lines: what was said or asked."
        found.append(Ranges(str(group.attrs["title"]), gloss, "MUSD/yr", rows, tuple(marks)))
    return tuple(found)


def _groups(data: xr.DataTree, fees: bool = False) -> Iterator[xr.Dataset]:
    """The networks of the results, or the fees over their lines."""
    if "networks" not in data:
        return
    for network in data["networks"].children.values():
        if fees:
            yield from (child.to_dataset() for child in network.children.values())
        else:
            yield network.to_dataset()

"""To linopy and PyPSA and back: the same objective."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from corridor_support import chain, random_network
from tumen.corridor import Network, from_linopy, from_pypsa, solve, to_linopy, to_pypsa
from tumen.errors import CaseError, MissingExtra


@pytest.fixture
def quiet() -> Iterator[None]:
    """Their warnings are theirs, and so are their floating-point errors."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def linopy(quiet: None) -> Any:
    return pytest.importorskip("linopy", reason="linopy is not installed (extra export)")


@pytest.fixture
def pypsa(quiet: None) -> Any:
    return pytest.importorskip("pypsa", reason="pypsa is not installed (extra export)")


def _networks(count: int, sloped: bool) -> list[Network]:
    rng = np.random.default_rng(31)
    return [random_network(rng, sloped=sloped) for _ in range(count)]


@pytest.mark.parametrize("sloped", [False, True])
def test_linopy_finds_the_same_surplus(linopy: Any, sloped: bool) -> None:
    for network in _networks(5, sloped):
        model = to_linopy(network)
        model.solve("highs", io_api="direct", output_flag=False)
        ours = solve(network)
        assert -model.objective.value == pytest.approx(float(ours.surplus[0]), rel=1e-6)


def test_linopy_and_back(linopy: Any) -> None:
    for network in _networks(5, sloped=False):
        back = from_linopy(to_linopy(network), "gas")
        assert solve(back).surplus[0] == pytest.approx(solve(network).surplus[0], rel=1e-9)


def test_what_linopy_cannot_tell(linopy: Any) -> None:
    with pytest.raises(CaseError, match="quadratic"):
        from_linopy(to_linopy(_networks(1, sloped=True)[0]))
    model = to_linopy(chain())
    extra = model.add_variables(lower=1, name="extra")
    model.add_constraints(extra + model.variables["flow"].sum() <= 3, name="limit")
    with pytest.raises(CaseError, match="constraints other than balances") as told:
        from_linopy(model)
    assert "lower limit other than zero" in str(told.value)


@pytest.mark.parametrize("sloped", [False, True])
def test_pypsa_finds_the_same_surplus_and_comes_back(pypsa: Any, sloped: bool) -> None:
    for network in _networks(2, sloped):
        n = to_pypsa(network)
        n.optimize(solver_name="highs", log_to_console=False, include_objective_constant=False)
        ours = solve(network)
        assert -n.objective == pytest.approx(float(ours.surplus[0]), rel=1e-6)
        back = from_pypsa(n)
        assert solve(back).surplus[0] == pytest.approx(float(ours.surplus[0]), rel=1e-8)
        assert set(back.countries) <= set(network.countries)
        assert {link.shares for link in back.links} <= {link.shares for link in network.links}


def test_what_pypsa_has_more(pypsa: Any) -> None:
    n = to_pypsa(chain())
    n.add("Load", "town", bus="city gas", p_set=3)
    with pytest.raises(CaseError, match="there are loads"):
        from_pypsa(n)


def test_candidates_stay_here(linopy: Any) -> None:
    with pytest.raises(CaseError, match="link one: a candidate cannot be exported"):
        to_linopy(chain(candidate=True))
    endless = replace(chain(), supply=[replace(chain().supply[0], quantity=np.inf)],
                      demand=[replace(chain().demand[0], quantity=np.inf)])  # fmt: skip
    model = to_linopy(endless)
    model.solve("highs", io_api="direct", output_flag=False)
    assert -model.objective.value == pytest.approx(8 * 230)  # the second link carries 8


def test_without_the_extra_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tumen.corridor._exchange.find_spec", lambda name: None)
    for convert in (to_linopy, to_pypsa):
        with pytest.raises(MissingExtra, match="extra `export`"):
            convert(chain())

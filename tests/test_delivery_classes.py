"""Reference classes: published figures are reproduced, and counts update them as they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tumen._classes import CLASSES, ReferenceClass, reference_class
from tumen.errors import UnknownName
from tumen.uncertainty import Distribution, beta

# As printed: mean overrun and standard deviation (Flyvbjerg, Skamris Holm and Buhl 2003), means of the others.
PRINTED = {"rail": (0.447, 0.384), "fixed_links": (0.338, 0.624), "roads": (0.204, 0.299)}
MEANS = {
    **{name: mean for name, (mean, _) in PRINTED.items()},
    "pipelines": 0.065,
    "mines": 0.14,
    "ports_and_plants": 0.23,
}


def overrun(name: str) -> Distribution:
    found = CLASSES[name].overrun
    assert found is not None
    return found


def spread(of: Distribution) -> float:
    median, sigma = of.parameters
    return float(stats.lognorm(sigma, scale=median).std())


@pytest.mark.parametrize("name", MEANS)
def test_the_printed_mean_is_that_of_the_distribution(name: str) -> None:
    assert overrun(name).mean - 1 == pytest.approx(MEANS[name], abs=1e-12)


@pytest.mark.parametrize("name", PRINTED)
def test_the_printed_standard_deviation_is_that_of_the_distribution(name: str) -> None:
    assert spread(overrun(name)) == pytest.approx(PRINTED[name][1], abs=1e-12)


@pytest.mark.parametrize(("name", "x", "chance"), [("mines", 2.0, 1 / 13), ("ports_and_plants", 1.0, 0.65)])
def test_a_printed_chance_fixes_the_spread(name: str, x: float, chance: float) -> None:
    median, sigma = overrun(name).parameters
    assert stats.lognorm(sigma, scale=median).sf(x) == pytest.approx(chance, abs=1e-12)


def test_the_three_classes_of_one_study_add_up_to_its_sample() -> None:
    assert sum(CLASSES[name].sample_size for name in PRINTED) == 258
    pooled = sum(CLASSES[name].sample_size * PRINTED[name][0] for name in PRINTED) / 258
    assert pooled == pytest.approx(0.276, abs=0.001)  # the paper prints 28 % for all types


def test_every_class_says_where_it_is_from() -> None:
    for name, found in CLASSES.items():
        assert found.name == name
        assert all((found.title, found.publisher, found.date, found.address, found.sample, found.note)), name
        assert found.sample_size > 0
        assert found.overrun is not None or found.delivered is not None
        assert repr(found).startswith(f"{name}: ")


shape = st.floats(0.01, 50)
count = st.floats(0, 100)


@given(shape, shape, count, count, st.sampled_from(["completed", "delivered"]))
def test_counts_update_a_beta_as_bayes_rule_does(a: float, b: float, done: float, missed: float, which: str) -> None:
    blank = ReferenceClass("x", "t", "p", "2000", "a", "s", 1)
    prior = ReferenceClass("x", "t", "p", "2000", "a", "s", 1, **{which: beta(a, b)})
    after = getattr(prior.updated(done, done + missed), which)
    assert after.parameters[:2] == pytest.approx((a + done, b + missed))
    # Prior times likelihood, up to a constant that does not depend on the share.
    x = np.array([0.2, 0.5, 0.9])
    posterior = stats.beta(a, b).logpdf(x) + done * np.log(x) + missed * np.log1p(-x)
    gap = stats.beta(*after.parameters[:2]).logpdf(x) - posterior
    assert np.ptp(gap) < 1e-8 * (1 + np.abs(posterior).max())
    # In one step or two; and from Jeffreys' prior where there is none.
    twice = prior.updated(done, done).updated(0, missed)
    assert getattr(twice, which).parameters == pytest.approx(after.parameters)
    assert blank.updated(done, done + missed).completed == beta(0.5 + done, 0.5 + (done + missed) - done)


def test_programmes_and_pledges_are_updated_in_what_is_delivered() -> None:
    before = reference_class("programmes")
    after = before.updated(0.4, 1)
    assert before.delivered is not None
    assert after.delivered is not None
    assert after.completed is None
    assert before.delivered.mean == pytest.approx(0.365)
    assert after.delivered.mean == pytest.approx((2 * 0.365 + 0.4) / 3)
    assert reference_class("programmes") is before


@pytest.mark.parametrize(("done", "of"), [(2, 1), (-1, 1), (0, np.inf), (np.nan, 1)])
def test_counts_that_cannot_be_are_named(done: float, of: float) -> None:
    with pytest.raises(ValueError, match="expected 0 <= done <= of, both finite"):
        reference_class("rail").updated(done, of)


def test_an_unknown_class_is_answered_by_the_nearest() -> None:
    with pytest.raises(UnknownName, match="there is no reference class 'pipeline'; did you mean pipelines"):
        reference_class("pipeline")

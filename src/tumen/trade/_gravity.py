"""Gravity equations estimated by Poisson pseudo-maximum likelihood (Santos Silva and Tenreyro 2006).

    trade_ij = exp(x_ij b + pi_i + chi_j) + u_ij

With exporter and importer effects the fitted flows add up to trade by exporter and by importer, so that the effects are
the multilateral resistances of Anderson and van Wincoop (2003), as Fally (2015) shows. The solver stands in
`_gravity_ppml.py`, the errors in `_gravity_errors.py`, the reasons for which rows are left out in `_gravity_sample.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.errors import did_you_mean, unknown_name
from tumen.trade import _gravity_ppml as ppml
from tumen.trade._gravity_absorb import Absorber, Array, Codes
from tumen.trade._gravity_errors import Covariance, covariance
from tumen.trade._gravity_formula import Formula, parse, parse_group
from tumen.trade._gravity_sample import Group, Sample, column_values, covariates, draw_sample, group_codes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Gravity", "estimate"]

INTERCEPT = "Intercept"
_KEYS = ("exporter", "importer", "sector", "year")


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the answers about rows need: for all rows of the data, in their order.

    x: (rows, k) covariates. codes: by effect, the level number or -1. kept: positions of the estimation sample.
    fitted: (rows,), nan where a row was not usable. identified: rows whose prediction the sample determines.
    """

    x: Array
    codes: tuple[Codes, ...]
    kept: Codes
    fitted: Array
    identified: npt.NDArray[np.bool_]
    keys: pd.DataFrame
    data: pd.DataFrame


@dataclass(frozen=True, slots=True, repr=False)
class Gravity:
    """An estimated gravity equation.

    coefficients, covariance: labelled by term. errors: which covariance it is. small_sample_factor: what it was
    multiplied by; divide by it to undo the correction. clusters: their numbers.
    dropped: one line for each row left out: `row` (its index), `reason` ("missing", "not finite", "no trade in group",
    "singleton", "separated") and `detail`.
    effects: for each fixed effect a Series of log effects by level, up to what the effects share with each other.
    observations, iterations, deviance, log_likelihood, pseudo_r2 (McFadden's, against a constant); gap: the largest
    relative miss of a first-order condition.
    """

    formula: str
    fixed_effects: tuple[str, ...]
    method: str
    backend: str
    coefficients: pd.Series[float]
    covariance: pd.DataFrame
    errors: str
    small_sample_factor: float
    clusters: tuple[int, ...]
    observations: int
    iterations: int
    deviance: float
    log_likelihood: float
    pseudo_r2: float
    gap: float
    dropped: pd.DataFrame
    effects: Mapping[str, pd.Series[float]]
    _parsed: Formula = field(compare=False)
    _rows: _Rows = field(compare=False)

    @property
    def terms(self) -> tuple[str, ...]:
        """The labels of the coefficients, in order."""
        return tuple(self.coefficients.index)

    @property
    def std_errors(self) -> pd.Series[float]:
        """Standard errors by term."""
        import pandas as pd

        return pd.Series(np.sqrt(np.diag(self.covariance)), index=self.coefficients.index, name="std_error")

    def tidy(self) -> pd.DataFrame:
        """One line for each term: estimate, std_error, z, p_value (normal), low and high (95 %)."""
        import pandas as pd

        estimate, error = self.coefficients.to_numpy(), self.std_errors.to_numpy()
        z = estimate / error
        return pd.DataFrame(
            {
                "estimate": estimate, "std_error": error, "z": z,
                "p_value": [math.erfc(abs(each) / math.sqrt(2)) for each in z],
                "low": estimate - 1.959963984540054 * error, "high": estimate + 1.959963984540054 * error,
            },
            index=self.coefficients.index.rename("term"),
        )  # fmt: skip

    def __repr__(self) -> str:
        effects = ", ".join(self.fixed_effects) or "none, an intercept"
        lines = [f"{self.formula}   PPML, effects: {effects}"]
        table = self.tidy()
        width = max((len(term) for term in self.terms), default=4)
        lines.append(f"{'term':<{width}} {'estimate':>10} {'std error':>10} {'z':>8} {'p':>7}")
        for term, row in zip(self.terms, table.to_numpy(), strict=True):
            lines.append(f"{term:<{width}} {row[0]:>10.4f} {row[1]:>10.4f} {row[2]:>8.2f} {row[3]:>7.4f}")
        lines.append(f"errors {self.errors}, small-sample factor {self.small_sample_factor:.6f}")
        lines.append(
            f"{self.observations:,} observations, {self.iterations} steps, deviance {self.deviance:.6g}, "
            f"pseudo R2 {self.pseudo_r2:.4f}"
        )
        for reason, count in self.dropped["reason"].value_counts().items():
            lines.append(f"left out: {count:,} rows, {reason}")
        return "\n".join(lines)

    def draws(self, normals: npt.ArrayLike) -> Array:
        """Coefficients drawn from their normal approximation, (draws, terms).

        normals: (draws, terms) independent standard normals, which the caller holds. A two-way clustered covariance
        need not be positive semidefinite; negative eigenvalues then count as zero.
        """
        scores = np.asarray(normals, dtype=float)
        if scores.ndim != 2 or scores.shape[1] != len(self.terms):
            expected = f"(draws, {len(self.terms)}), one for each term"
            raise ValueError(f"normals have shape {scores.shape}; expected {expected}")
        matrix = self.covariance.to_numpy()
        try:
            factor = np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            values, vectors = np.linalg.eigh(matrix)
            factor = vectors * np.sqrt(np.clip(values, 0, None))
        out: Array = self.coefficients.to_numpy() + scores @ factor.T
        out.setflags(write=False)
        return out

    def fitted(self) -> pd.Series[float]:
        """Fitted trade by row of the data: 0 for a separated row or an empty group, its own trade for a singleton,
        nan for a row with something missing."""
        import pandas as pd

        return pd.Series(self._rows.fitted, index=self._rows.data.index, name="fitted")

    def predict(self, changes: Mapping[str, object] | None = None) -> pd.Series[float]:
        """Trade by row when some covariates change and the effects stay: the direct effect, before any equilibrium.

        changes: new values by column, each a number or one for each row of the data: {"rta": 0}. A row without a
        figure of trade is predicted too, where its covariates are known and the sample determines its effects.
        """
        import pandas as pd

        rows = self._rows
        shift = self._shift(changes or {})
        base = np.where(rows.identified & np.isnan(rows.fitted), self._linear(), rows.fitted)
        return pd.Series(base * np.exp(shift), index=rows.data.index, name="predicted")

    def flows(self, changes: Mapping[str, object] | None = None) -> pd.DataFrame:
        """Predicted trade as a long table: the key columns (exporter, importer, sector, year) and `value`.

        It is the gravity-fitted baseline of an equilibrium where trade itself has zeros or is granular. Rows whose
        trade cannot be predicted are left out.
        """
        table = self._rows.keys.assign(value=self.predict(changes).to_numpy())
        return table[table["value"].notna()].reset_index(drop=True)

    def costs(self, changes: Mapping[str, object], theta: float) -> pd.DataFrame:
        """The iceberg cost factors that act on trade as these changes do: exp(-change of x b / theta).

        theta: the trade elasticity, above 0 (theta, not sigma = theta + 1). Returns the key columns and `cost` for the
        rows whose cost changes, as a shock.
        """
        if not (math.isfinite(theta) and theta > 0):
            raise ValueError(f"theta is {theta}; expected the trade elasticity, a finite number above 0")
        shift = self._shift(changes)
        table: pd.DataFrame = self._rows.keys.assign(cost=np.exp(-shift / theta))
        changed: pd.DataFrame = table.loc[np.isfinite(shift) & (shift != 0)].reset_index(drop=True)
        return changed

    def _shift(self, changes: Mapping[str, object]) -> Array:
        columns = {term.column for term in self._parsed.terms}
        for name in changes:
            if name not in columns:
                raise unknown_name("covariate", name, columns)
        fresh = covariates(self._rows.data, self._parsed.terms, changes)
        change = fresh - self._rows.x
        change[fresh == self._rows.x] = 0.0
        out: Array = change @ self.coefficients.to_numpy()[: len(self._parsed.terms)]
        return out

    def _linear(self) -> Array:
        """Predicted trade from covariates and effects, nan where a level is unknown."""
        beta = self.coefficients.to_numpy()
        eta = self._rows.x @ beta[: len(self._parsed.terms)]
        if not self.fixed_effects:
            eta = eta + beta[-1]
        for code, name in zip(self._rows.codes, self.fixed_effects, strict=True):
            values = self.effects[name].to_numpy()
            eta = eta + np.where(code >= 0, values[np.maximum(code, 0)], np.nan)
        return np.exp(eta)


def estimate(
    data: pd.DataFrame,
    formula: str,
    *,
    fixed_effects: Sequence[str] = ("exporter", "importer"),
    cluster: str | Sequence[str] | None = None,
    method: str = "ppml",
    backend: str = "core",
) -> Gravity:
    """Estimates a gravity equation.

    data: long table, one row for each flow; the order of rows does not matter.
    formula: "trade ~ log(dist) + contig + rta"; terms are columns or log(column).
    fixed_effects: columns, or columns joined by ^: ("exporter^year", "importer^year", "exporter^importer"). With none
    there is an intercept.
    cluster: one or two such names, for clustered errors; None for robust ones.
    method: "ppml". backend: "core", or "pyfixest" (extra `estimate`).

    Raises UnknownName for a column that is not there, ValueError for a formula that is not understood, negative trade,
    a collinear covariate or no usable row, NoConvergence, MissingExtra.

    >>> import pandas as pd
    >>> flows = pd.DataFrame({"exporter": list("aaabbbccc"), "importer": list("abcabcabc"),
    ...     "trade": [8.0, 2.0, 2.0, 1.0, 5.0, 0.0, 3.0, 4.0, 6.0], "dist": [1, 2, 3, 2, 1, 4, 3, 5, 1]})
    >>> fit = estimate(flows, "trade ~ log(dist)")
    >>> round(float(fit.coefficients["log(dist)"]), 4), fit.observations
    (-1.107, 9)
    """
    for given, valid, role in ((method, ("ppml",), "method"), (backend, ("core", "pyfixest"), "backend")):
        if given not in valid:
            raise ValueError(f"there is no {role} {given!r}; {did_you_mean(given, valid)}")
    parsed = parse(formula)
    names = (fixed_effects,) if isinstance(fixed_effects, str) else tuple(fixed_effects)
    groups = [parse_group(name, "fixed effect") for name in names]
    if len(set(map(frozenset, groups))) < len(groups):
        raise ValueError(f"fixed effects {', '.join(names)}: one stands there twice")
    chosen = () if cluster is None else (cluster,) if isinstance(cluster, str) else tuple(cluster)
    if len(chosen) > 2:
        raise ValueError(f"errors are clustered by {len(chosen)} names, {', '.join(chosen)}; expected one or two")
    sample = draw_sample(data, parsed, groups)
    clusters = [_cluster_codes(data, sample.rows, name) for name in chosen]
    labels, x = [term.label for term in parsed.terms], sample.x
    if not groups:
        labels, x = [*labels, INTERCEPT], np.column_stack([x, np.ones(len(x))])
    if backend == "pyfixest":
        from tumen.trade._gravity_pyfixest import fit_pyfixest

        found, spread = fit_pyfixest(sample.trade, x, sample.codes, clusters)
    else:
        found = _fit(sample, x, labels)
        same = [name in chosen for name in names]
        spread = covariance(found.freed, sample.trade, found.fitted, sample.codes, clusters, same)
    errors = f"clustered by {' and '.join(chosen)}" if chosen else "robust"
    return _assemble(data, parsed, names, groups, labels, sample, found, spread, errors, backend)


def _fit(sample: Sample, x: Array, labels: Sequence[str]) -> ppml.Fit:
    """The core's fit. Separated rows often leave a covariate without variation; the error then says so."""
    try:
        return ppml.fit(sample.trade, x, sample.codes, labels)
    except ValueError as error:
        count = int((sample.dropped["reason"] == "separated").sum())
        if not count:
            raise
        told = f"{count} zero flows that the covariates predict perfectly were left out before, so no estimate exists"
        raise ValueError(f"{error}\n{told}") from None


def _cluster_codes(data: pd.DataFrame, rows: Codes, name: str) -> Codes:
    codes = group_codes(data, parse_group(name, "cluster"))[rows]
    missing = int((codes < 0).sum())
    if missing:
        raise ValueError(f"cluster {name}: missing in {missing} rows of the sample; fill it or leave those rows out")
    return np.unique(codes, return_inverse=True)[1].ravel()


def _assemble(
    data: pd.DataFrame, parsed: Formula, names: tuple[str, ...], groups: list[Group], labels: list[str],
    sample: Sample, found: ppml.Fit, spread: Covariance, errors: str, backend: str,
) -> Gravity:  # fmt: skip
    import pandas as pd

    effects = {}
    for name, group, level, values in zip(names, groups, sample.levels, found.effects, strict=True):
        frame = data[list(group)].iloc[level]
        index = pd.Index(frame[group[0]], name=name) if len(group) == 1 else pd.MultiIndex.from_frame(frame)
        effects[name] = pd.Series(values, index=index, name="effect")
    for array in (found.fitted, *found.effects):
        array.setflags(write=False)
    own = ppml.log_likelihood(sample.trade, found.fitted)
    null = ppml.log_likelihood(sample.trade, np.full(sample.trade.size, sample.trade.mean()))
    return Gravity(
        str(parsed), names, "ppml", backend,
        pd.Series(found.coefficients, index=pd.Index(labels, dtype=object), name="estimate"),
        pd.DataFrame(spread.matrix, index=labels, columns=labels),
        errors, spread.factor, spread.clusters, int(sample.trade.size), found.iterations, found.deviance, own,
        1 - own / null, found.gap, sample.dropped, effects, parsed, _rows_of(data, parsed, groups, sample, found),
    )  # fmt: skip


def _rows_of(data: pd.DataFrame, parsed: Formula, groups: list[Group], sample: Sample, found: ppml.Fit) -> _Rows:
    codes = []
    for group, level in zip(groups, sample.levels, strict=True):
        raw = group_codes(data, group)
        table = np.full(int(raw.max()) + 2, -1, dtype=np.intp)
        table[raw[level]] = np.arange(level.size)
        codes.append(np.where(raw >= 0, table[raw], -1))
    fitted = np.full(len(data), np.nan)
    fitted[sample.rows] = found.fitted
    reasons = sample.dropped["reason"]
    fitted[sample.left_out[reasons.isin(["no trade in group", "separated"])]] = 0.0
    alone = sample.left_out[reasons == "singleton"]
    fitted[alone] = column_values(data, parsed.trade)[alone]
    x = covariates(data, parsed.terms)
    known = np.isfinite(x).all(axis=1) & np.all([code >= 0 for code in codes] or [np.ones(len(data), bool)], axis=0)
    absorber = Absorber(sample.codes)
    absorber.weigh(found.fitted)
    asked = np.flatnonzero(known & np.isnan(fitted))
    free = absorber.free_directions() if asked.size else None
    known[asked] = False
    if free is not None:
        moved = sum((each[code[asked]] for code, each in zip(codes, free, strict=True)), np.zeros((asked.size, 1)))
        known[asked] = np.abs(moved).max(axis=1, initial=0) < 1e-6
    used = {parsed.trade, *(term.column for term in parsed.terms), *(column for group in groups for column in group)}
    keys = [key for key in _KEYS if key in data.columns]
    kept = data[[column for column in data.columns if column in used]].copy()
    return _Rows(x, tuple(codes), sample.rows, fitted, known, data[keys].reset_index(drop=True), kept)

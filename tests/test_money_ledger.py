"""The ledger: identities, queries, currencies, stocks, the labelled edge, messages."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tumen.money
from tumen.errors import LedgerError, UnknownName
from tumen.money import Ledger, Line, Posting, Stock, post

Array = npt.NDArray[np.float64]
QUICK = settings(max_examples=40, deadline=None)
YEARS = (2014, 2015, 2016)

INSTALMENTS = Line("PRK", "joint fund", "USD", "fund", "debt_swap", "instalments")
FORGIVEN = Line("RUS", "PRK", "USD", "debt", "debt_swap", "debt forgiven", cash=False)
WAGES = Line("RUS", "PRK", "RUB", "wages", "labour", "wages")


def _stock(closing: Array | None = None, **changes: object) -> Stock:
    flows = {"written off": np.array([[-60.0, 0, 0], [-50, 0, 0]]), "repaid": np.full((2, 3), -10.0)}
    parts: dict[str, object] = {
        "name": "debt",
        "holder": "RUS",
        "counterparty": "PRK",
        "currency": "USD",
        "account": "debt",
        "initiative": "debt_swap",
        "opening": np.array([100.0, 90.0]),
        "flows": flows,
        "closing": np.array([[30.0, 20, 10], [30, 20, 10]]) if closing is None else closing,
    }
    return Stock(**(parts | changes))  # type: ignore[arg-type]


@pytest.fixture
def ledger() -> Ledger:
    return post(
        YEARS,
        [
            Posting(INSTALMENTS, np.array([[1.0, 2, 3], [4, 5, 6]])),
            Posting(FORGIVEN, np.array([[60.0, 0, 0], [50, 0, 0]])),
            Posting(WAGES, np.full((2, 3), 35.0)),
            Posting(INSTALMENTS, np.ones((2, 3))),
        ],
        [_stock()],
    )


# --- posting ---


def test_postings_on_equal_lines_are_added_up(ledger: Ledger) -> None:
    assert ledger.lines == (INSTALMENTS, FORGIVEN, WAGES)
    assert ledger.amount[0].tolist() == [[2, 3, 4], [5, 6, 7]]
    assert ledger.draws == 2
    assert ledger.currencies == ("RUB", "USD")


def test_nothing_can_be_changed_afterwards(ledger: Ledger) -> None:
    mine = np.ones((2, 3))
    posting = Posting(WAGES, mine)
    mine[0, 0] = 7
    assert posting.amount[0, 0] == 1
    for array in (posting.amount, ledger.amount, ledger.stocks[0].closing, ledger.stocks[0].flows["repaid"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(FrozenInstanceError):
        ledger.years = (1,)  # type: ignore[misc]
    with pytest.raises(TypeError):
        ledger.stocks[0].flows["new"] = mine  # type: ignore[index]


def test_a_ledger_survives_a_change_of_process(ledger: Ledger) -> None:
    again = pickle.loads(pickle.dumps(ledger))
    assert again.lines == ledger.lines
    assert np.array_equal(again.amount, ledger.amount)
    assert np.array_equal(again.balance("debt"), ledger.balance("debt"))
    assert not again.amount.flags.writeable
    assert not again.stocks[0].flows["repaid"].flags.writeable
    assert again.select(player="PRK").lines == ledger.select(player="PRK").lines


def test_an_empty_ledger_knows_its_players() -> None:
    empty = post(YEARS, [], draws=4, players=("RUS", "PRK"))
    assert empty.receipts("RUS").shape == (4, 3)
    assert not empty.net("PRK").any()
    with pytest.raises(UnknownName, match="called 'RUSS'; did you mean RUS"):
        empty.receipts("RUSS")


# --- identities ---

NAMES = ("RUS", "PRK", "CHN", "KOR")
players = st.sampled_from(NAMES)


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    draws = draw(st.integers(1, 4))
    postings = []
    for _ in range(draw(st.integers(1, 8))):
        payer = draw(players)
        payee = draw(st.sampled_from([p for p in NAMES if p != payer]))
        line = Line(payer, payee, draw(st.sampled_from(["USD", "RUB"])), "a", "i", draw(st.sampled_from("xy")))
        amounts = draw(st.lists(st.floats(-1e6, 1e6), min_size=3 * draws, max_size=3 * draws))
        postings.append(Posting(line, np.array(amounts).reshape(draws, 3)))
    return post(YEARS, postings, players=NAMES)


@QUICK
@given(ledgers())
def test_net_over_all_players_is_nil_in_every_year(book: Ledger) -> None:
    for currency in book.currencies:
        total = sum(book.net(player, currency=currency) for player in NAMES)
        gross = np.abs(book.select(currency=currency).amount).sum(axis=0)
        assert np.all(np.abs(total) <= 1e-12 * (gross + 1))


@QUICK
@given(ledgers(), players, st.floats(0.01, 100))
def test_queries_partition_and_convert(book: Ledger, player: str, rate: float) -> None:
    rates = {"RUB": np.full((book.draws, 3), rate)}
    dollars = book.in_currency("USD", rates)
    assert set(dollars.currencies) <= {"USD"}
    parts = [factor * book.net(player, currency=c) for c, factor in (("USD", 1.0), ("RUB", rate))
             if c in book.currencies]  # fmt: skip
    scale = 1 + rate * np.abs(book.amount).sum()
    assert np.allclose(dollars.net(player), sum(parts), rtol=0, atol=1e-12 * scale)
    assert len(book.select(payer=player).lines) + len(book.select(payee=player).lines) == len(
        book.select(player=player).lines
    )


# --- queries ---


def test_select_by_everything(ledger: Ledger) -> None:
    assert ledger.select(player="PRK").lines == (INSTALMENTS, FORGIVEN, WAGES)
    assert ledger.select(payer="RUS").lines == (FORGIVEN, WAGES)
    assert ledger.select(payee="joint fund").lines == (INSTALMENTS,)
    assert ledger.select(currency="RUB").lines == (WAGES,)
    assert ledger.select(initiative="labour").lines == (WAGES,)
    assert ledger.select(account="debt").lines == (FORGIVEN,)
    assert ledger.select(label="instalments").lines == (INSTALMENTS,)
    assert ledger.select(cash=False).lines == (FORGIVEN,)
    assert ledger.select(payer="RUS", cash=True).lines == (WAGES,)
    assert ledger.select().lines == ledger.lines


def test_stocks_follow_what_they_bear(ledger: Ledger) -> None:
    assert [s.name for s in ledger.select(player="RUS", currency="USD", cash=True).stocks] == ["debt"]
    assert ledger.select(currency="RUB").stocks == ()
    assert ledger.select(player="joint fund").stocks == ()
    assert ledger.select(account="fund").stocks == ()


def test_receipts_payments_and_net(ledger: Ledger) -> None:
    assert ledger.receipts("PRK", currency="USD").tolist() == [[60, 0, 0], [50, 0, 0]]
    assert not ledger.receipts("PRK", currency="USD", cash=True).any()
    assert ledger.payments("PRK").tolist() == [[2, 3, 4], [5, 6, 7]]
    assert ledger.net("PRK", currency="USD").tolist() == [[58, -3, -4], [45, -6, -7]]
    assert ledger.net("RUS", initiative="labour").tolist() == [[-35] * 3] * 2


def test_a_part_of_a_ledger_remembers_the_names_of_the_whole(ledger: Ledger) -> None:
    rubles = ledger.select(currency="RUB")
    assert not rubles.receipts("joint fund").any()
    with pytest.raises(UnknownName, match="did you mean joint fund"):
        rubles.receipts("joint fond")


def test_lines_that_differ_by_currency_become_one_when_converted() -> None:
    rates = {"RUB": np.array([[0.03, 0.02, 0.01]])}
    rows = [Posting(Line("A", "B", c, "a", "i", "x"), np.array([[10.0, 20, 30]])) for c in ("USD", "RUB")]
    book = post(YEARS, rows, [_stock(currency="RUB", opening=np.zeros(1), flows={}, closing=np.zeros((1, 3)))])
    dollars = book.in_currency("USD", rates)
    assert len(dollars.lines) == 1
    assert dollars.receipts("B")[0] == pytest.approx([10.3, 20.4, 30.3])
    assert dollars.stocks == ()
    assert dollars.select(currency="USD").receipts("B").shape == (1, 3)


# --- stocks ---


def test_a_stock_reconciles_and_is_found(ledger: Ledger) -> None:
    assert ledger.balance("debt").tolist() == [[30, 20, 10]] * 2
    assert ledger.stock("debt").holder == "RUS"
    assert repr(ledger.stock("debt")) == "Stock('debt', RUS on PRK, MUSD: mean opening 95.0, mean closing 10.0)"
    with pytest.raises(UnknownName, match="there is no stock 'dept'; did you mean debt"):
        ledger.balance("dept")


def test_revaluation_is_part_of_the_change() -> None:
    moved = np.array([[5.0, 0, 0], [0, 0, 0]])
    closing = np.array([[35.0, 25, 15], [30, 20, 10]])
    assert post(YEARS, [], [_stock(closing, revaluation=moved)]).balance("debt")[0, 0] == 35
    with pytest.raises(LedgerError, match="does not reconcile in draw 0, 2014"):
        post(YEARS, [], [_stock(closing)])


@pytest.mark.parametrize(("draw", "t"), [(0, 0), (1, 1), (1, 2)])
@pytest.mark.parametrize("error", [1e-5, -3.0])
def test_a_corrupted_stock_is_named_with_its_gap(draw: int, t: int, error: float) -> None:
    closing = np.array([[30.0, 20, 10], [30, 20, 10]])
    closing[draw, t] += error
    words = rf"stock 'debt' does not reconcile in draw {draw}, {YEARS[t]}: opening .*; the gap is {-error:.6g}"
    with pytest.raises(LedgerError, match=words.replace(".6", ".?6")):
        post(YEARS, [], [_stock(closing)])


def test_rounding_is_no_corruption() -> None:
    closing = np.array([[30.0, 20, 10], [30, 20, 10]])
    post(YEARS, [], [_stock(closing + 1e-9)])
    with pytest.raises(LedgerError):
        post(YEARS, [], [_stock(closing + 1e-6)])


def test_a_small_stock_beside_a_large_draw_is_not_overlooked() -> None:
    """The tolerance is of the draw's own scale, so a large first draw does not hide a gap in the second."""
    flows = {"in": np.array([[1e12, 0, 0], [1.0, 0, 0]])}
    closing = np.array([[1e12, 1e12, 1e12], [1.0, 1.0, 1.001]])
    with pytest.raises(LedgerError, match="draw 1, 2016"):
        post(YEARS, [], [_stock(closing, opening=np.zeros(2), flows=flows)])


# --- the labelled edge ---


def test_to_xarray_has_dimensions_names_and_units(ledger: Ledger) -> None:
    data = ledger.to_xarray()
    assert dict(data.sizes) == {"line": 3, "draw": 2, "year": 3, "stock": 1, "flow": 2}
    assert data["amount"].dims == ("line", "draw", "year")
    assert data["amount"].attrs["units"] == "million, each in its own currency"
    assert data["closing"].attrs["units"] == "MUSD"
    assert ledger.select(currency="RUB").to_xarray()["amount"].attrs["units"] == "MRUB"
    assert data["payer"].values.tolist() == ["PRK", "RUS", "RUS"]
    assert data["cash"].values.tolist() == [True, False, True]
    assert float(data["closing"].sel(stock="debt", year=2016).mean()) == 10
    change = data["flow_amount"].groupby("flow_stock").sum().sum("year").values[0]
    assert change == pytest.approx((data["closing"].isel(stock=0, year=-1) - data["opening"].isel(stock=0)).values)


def test_to_xarray_of_nothing_has_the_same_variables(ledger: Ledger) -> None:
    empty = post(YEARS, [], draws=2).to_xarray()
    assert set(empty.variables) == set(ledger.to_xarray().variables)
    assert empty["amount"].shape == (0, 2, 3)
    assert empty["payer"].dtype.kind == "U"


def test_to_xarray_is_the_same_after_a_file(ledger: Ledger, tmp_path: Path) -> None:
    pytest.importorskip("h5py", reason="what writes the files")
    import xarray as xr

    data = ledger.to_xarray()
    data.to_netcdf(tmp_path / "ledger.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "ledger.nc", engine="h5netcdf") as again:
        xr.testing.assert_identical(data, again.load())


def test_to_frame_is_tidy(ledger: Ledger) -> None:
    table = ledger.to_frame()
    assert list(table.columns) == [
        "payer", "payee", "currency", "account", "initiative", "label", "cash", "year", "mean", "p05", "p50", "p95",
    ]  # fmt: skip
    assert len(table) == 9
    row = table[(table.label == "instalments") & (table.year == 2015)].iloc[0]
    assert (row["mean"], row["p50"]) == (4.5, 4.5)
    assert row["p05"] == pytest.approx(3.15)
    assert "p2.5" in ledger.to_frame([0.025]).columns
    with pytest.raises(ValueError, match="expected fractions between 0 and 1"):
        ledger.to_frame([5])
    with pytest.raises(ValueError, match="no draws; expected at least one"):
        post(YEARS, []).to_frame()


def test_repr_is_a_table(ledger: Ledger) -> None:
    assert repr(ledger).splitlines() == [
        "Ledger: 3 lines, 1 stocks, 2 draws, 2014..2016",
        "  payer -> payee     account  initiative  label          currency  mean total, millions",
        "  PRK -> joint fund  fund     debt_swap   instalments    USD       13.5",
        "  RUS -> PRK         debt     debt_swap   debt forgiven  USD       55.0 (no cash)",
        "  RUS -> PRK         wages    labour      wages          RUB       105.0",
    ]
    many = [Posting(Line("A", f"B{k}", "USD", "a", "i", "x"), np.ones((1, 3))) for k in range(50)]
    assert repr(post(YEARS, many)).endswith("... and 10 more")


# --- messages ---


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: Line("PRK", "", "USD", "fund", "swap", "instalments"),
            r"PRK -> \?: instalments .*the payee is missing",
        ),
        (lambda: Line("", "PRK", "USD", "fund", "swap", "x"), "the payer is missing; expected a name"),
        (lambda: Line("RUS", "PRK", "", "fund", "swap", "x"), "the currency is missing"),
        (lambda: Line("PRK", "PRK", "USD", "fund", "swap", "x"), "payer and payee are both 'PRK'; expected two"),
        (
            lambda: Posting(WAGES, np.array([[1.0, np.nan]])),
            "RUS -> PRK: wages .*amount is nan in draw 0, year number 1",
        ),
        (lambda: Posting(WAGES, np.ones(3)), r"amount has the shape \(3,\); expected two: \(draw, year\)"),
        (lambda: _stock(holder=""), "stock 'debt': the holder is missing"),
        (lambda: _stock(counterparty="RUS"), "holder and counterparty are both 'RUS'"),
        (lambda: _stock(name=""), "a stock of RUS has no name"),
        (lambda: _stock(opening=np.ones(3)), r"opening has the shape \(3,\) for \(draw,\); expected \(2,\)"),
        (lambda: _stock(flows={"in": np.ones((2, 2))}), r"flow 'in' has the shape \(2, 2\) .*expected \(2, 3\)"),
        (lambda: _stock(revaluation=np.full((2, 3), np.inf)), "revaluation is inf in draw 0, year number 0"),
        (lambda: _stock(np.ones(3)), r"closing has the shape \(3,\); expected two dimensions"),
        (
            lambda: post(YEARS, [Posting(WAGES, np.ones((2, 4)))]),
            r"wages .*the shape is \(2, 4\) for \(draw, year\); expected \(2, 3\): 2 draws, and the years 2014..2016",
        ),
        (
            lambda: post(YEARS, [Posting(WAGES, np.ones((2, 3))), Posting(FORGIVEN, np.ones((1, 3)))]),
            r"debt forgiven .*expected \(2, 3\)",
        ),
        (lambda: post(YEARS, [], [_stock(), _stock()]), "stock 'debt' stands twice"),
        (
            lambda: Ledger(YEARS, (WAGES,), np.ones((2, 2, 3))),
            r"ledger: amount has the shape .*with 1 lines and 3 years",
        ),
    ],
)
def test_messages(call: Callable[[], object], words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        call()


def test_messages_of_years_names_and_currencies(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match=r"years are \(2014, 2016\); expected consecutive years"):
        post((2014, 2016), [])
    with pytest.raises(LedgerError, match=r"receipts of PRK: the lines are in RUB, USD, .*pass currency="):
        ledger.receipts("PRK")
    with pytest.raises(LedgerError, match="net of RUS: the lines are in RUB, USD"):
        ledger.net("RUS")
    for query in ({"currency": "USR"}, {"account": "wage"}, {"initiative": "debt_swop"}, {"label": "wags"}):
        with pytest.raises(UnknownName, match="did you mean"):
            ledger.select(**query)  # type: ignore[arg-type]


def test_messages_of_rates(ledger: Ledger) -> None:
    with pytest.raises(
        UnknownName, match=r"no rate for 'RUB'; expected rates\['RUB'\], the USD for one RUB .*given: EUR"
    ):
        ledger.in_currency("USD", {"EUR": np.ones((2, 3))})
    with pytest.raises(LedgerError, match=r"the rate of RUB has the shape \(3,\)"):
        ledger.in_currency("USD", {"RUB": np.ones(3)})
    rates = np.ones((2, 3))
    rates[1, 2] = 0
    with pytest.raises(
        LedgerError, match=r"the rate of RUB is 0\.0 in draw 1, 2016; expected a positive number of USD"
    ):
        ledger.in_currency("USD", {"RUB": rates})


# --- the package's face ---


def test_every_public_name_is_there() -> None:
    assert dir(tumen.money) == sorted(tumen.money.__all__)
    for name in tumen.money.__all__:
        assert getattr(tumen.money, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'legder'"):
        tumen.money.legder  # noqa: B018


def test_the_face_loads_nothing_heavy() -> None:
    code = (
        "import sys, tumen.money as m; assert 'numpy' not in sys.modules; m.post; m.treat; m.irr; "
        "assert not {'scipy', 'pandas', 'xarray'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

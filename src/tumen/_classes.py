"""Reference classes: how projects of one sort went, by published figures.

An estimate for one project begins with what came of others like it (the outside view: Kahneman & Tversky, TIMS Studies
in Management Science 12, 1979; Flyvbjerg, Project Management Journal 37, 2006). A class holds distributions of

    overrun     real over estimated cost, both in constant prices; lognormal with the published mean m and standard
                deviation s: sigma² = log(1 + (s/m)²), median = m exp(-sigma²/2)
    delay       real over planned years of building
    completed   probability that what is decided is ever completed: beta
    reached     share of planned capacity that is reached; `ramp`: years until then; `pace`: decisions a year
    delivered   share of a programme or pledge that is ever delivered: beta with the published mean m and the weight of
                the n programmes that were looked at: beta(n m, n (1 - m))

and None where no figure could be read in print. Where a mean and a chance P(overrun > x) are printed, but no standard
deviation, sigma follows from both: with z = Φ⁻¹(P), log x = log m - sigma²/2 - z sigma.

**Counts.** `updated(done, of)` is the conjugate step for a beta: beta(a, b) becomes beta(a + done, b + of - done). A
class without the figure starts from beta(1/2, 1/2), Jeffreys' prior (as counts of a hazard do). Shares may count as
parts: one programme that delivered a third of its plan is `done=1/3, of=1`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from tumen.errors import unknown_name
from tumen.uncertainty import Distribution, Frozen, beta, lognormal

__all__ = ["CLASSES", "ReferenceClass", "reference_class"]


@dataclass(frozen=True, slots=True)
class ReferenceClass:
    """Projects of one sort: what became of them, and who says so.

    sample: what was looked at; sample_size: how many. date: when it was published (a case of an earlier date takes it
    as a published parameter). note: what is derived, judged, or not verified. Distributions are factors and shares;
    `ramp` is in years, `pace` a year.
    """

    name: str
    title: str
    publisher: str
    date: str
    address: str
    sample: str
    sample_size: int
    note: str = ""
    overrun: Distribution | None = None
    delay: Distribution | None = None
    completed: Distribution | None = None
    reached: Distribution | None = None
    ramp: Distribution | None = None
    pace: Distribution | None = None
    delivered: Distribution | None = None

    def updated(self, done: float, of: float) -> ReferenceClass:
        """The class after `done` of `of` more were completed: of programmes and pledges, `delivered`; else `completed`.

        Raises ValueError unless 0 <= done <= of, both finite.

        >>> reference_class("rail").updated(done=3, of=4).completed
        beta(3.5, 1.5, 0, 1)
        """
        if not (math.isfinite(of) and 0 <= done <= of):
            raise ValueError(f"{self.name}: {done:g} of {of:g} were completed; expected 0 <= done <= of, both finite")
        which = "completed" if self.delivered is None else "delivered"
        found: Distribution | None = getattr(self, which)
        a, b = found.parameters[:2] if found is not None else (0.5, 0.5)
        values = {which: beta(a + done, b + of - done)}
        return replace(self, **values)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        lines = [f"{self.name}: {self.sample} ({self.title}, {self.publisher} {self.date[:4]})"]
        for what in ("overrun", "delay", "completed", "reached", "ramp", "pace", "delivered"):
            found: Distribution | None = getattr(self, what)
            if found is not None:
                low, high = (found.ppf([p]).item() for p in (0.1, 0.9))  # type: ignore[arg-type]
                lines.append(f"  {what:<10} mean {found.mean:.3g}, eight in ten from {low:.3g} to {high:.3g}")
        return "\n".join(lines)


def reference_class(name: str) -> ReferenceClass:
    """One class by its name. Raises UnknownName with the nearest."""
    if name not in CLASSES:
        raise unknown_name("reference class", name, CLASSES)
    return CLASSES[name]


def _overrun(mean: float, sd: float) -> Distribution:
    """The lognormal with this mean and standard deviation."""
    variance = math.log1p((sd / mean) ** 2)
    return lognormal(mean * math.exp(-variance / 2), math.sqrt(variance))


def _overrun_beyond(mean: float, x: float, z: float) -> Distribution:
    """The lognormal with this mean that lies above `x` with the probability Φ(z); the root with the narrower spread."""
    gap = math.log(mean / x)
    sigma = -z + math.sqrt(z * z + 2 * gap) if gap > 0 else -z - math.sqrt(z * z + 2 * gap)
    return lognormal(mean * math.exp(-sigma * sigma / 2), sigma)


def _shares(mean: float, count: int) -> Distribution:
    """The beta with this mean and the weight of so many observations."""
    return beta(mean * count, (1 - mean) * count)


_FLYVBJERG_NOTE = (
    "Real cost over the estimate when it was decided to build, constant prices. The abstract prints whole per cents; "
    "means to one decimal as in Flyvbjerg, Oxford Review of Economic Policy 25(3), 2009; the decimals of the standard "
    "deviations and the number of projects by type are from memory (they add up to the 258 printed). Delay, completion "
    "and capacity are not in it."
)


def _transport(name: str, what: str, count: int, overrun: Distribution, note: str = "") -> ReferenceClass:
    """One of the three classes of the study of 258 transport projects."""
    return ReferenceClass(
        name=name,
        title="How common and how large are cost overruns in transport infrastructure projects?",
        publisher="Flyvbjerg, Skamris Holm and Buhl, Transport Reviews 23(1), 71-88",
        date="2003-01",
        address="https://de.scribd.com/document/233469789/"
        "6-How-Common-and-How-Large-Are-Cost-Overruns-in-Transport-Infrastructure-Projects",
        sample=f"{count} {what} of 258 transport projects in 20 nations, 1927-1998",
        sample_size=count,
        note=_FLYVBJERG_NOTE + note,
        overrun=overrun,
    )


_RAIL_NOTE = (
    " Mostly passenger lines: their traffic (overestimated for nine of ten, Flyvbjerg et al. 2005) is a matter of "
    "demand, not of capacity, and is left to the network."
)

_ALL = (
    _transport("rail", "rail projects", 58, _overrun(1.447, 0.384), _RAIL_NOTE),
    _transport("fixed_links", "bridges and tunnels", 33, _overrun(1.338, 0.624)),
    _transport("roads", "road projects", 167, _overrun(1.204, 0.299)),
    ReferenceClass(
        "pipelines",
        title="An analysis of inaccuracy in pipeline construction cost estimation",
        publisher="Rui, Metz and Chen, International Journal of Oil, Gas and Coal Technology 5(1), 29-46",
        date="2012-01",
        address="https://it.scribd.com/document/267650670/"
        "An-Analysis-of-Inaccuracy-in-Piepline-Construction-Cost-Estimation",
        sample="412 gas and oil pipelines, almost all in the United States, 1992-2008", sample_size=412,
        note="Mean of total cost as printed in the abstract; compressor stations are 11 % (220 of them, same authors, "
        "2012). The standard deviation could not be read: as that of roads, the nearest line of works on land, a "
        "judgement. One country with one law: a line across borders may do worse.",
        overrun=_overrun(1.065, 0.264),
    ),
    ReferenceClass(
        "mines",
        title="Bias and error in mine project capital cost estimation",
        publisher="Bertisen and Davis, The Engineering Economist 53(2), 118-139",
        date="2008-05", address="https://doi.org/10.1080/00137910802058533",
        sample="63 mining and smelting projects in several countries over four decades, against the bankable "
        "feasibility study", sample_size=63,
        note="Printed: mean 14 % above the study, and 100 % or more in one of 13; the spread is derived from both. The "
        "paper finds a shifted lognormal, which is narrower in the middle.",
        overrun=_overrun_beyond(1.14, 2.0, -1.4260768722728474),  # z = Φ⁻¹(1/13)
    ),
    ReferenceClass(
        "ports_and_plants",
        title="Spotlight on oil and gas megaprojects", publisher="EY", date="2014-08",
        address="http://www.ey.com/GL/en/Industries/Oil---Gas/EY-spotlight-on-oil-and-gas-megaprojects",
        sample="the 20 largest of 365 oil and gas projects above $1bn (LNG, pipelines, refineries, fields), after the "
        "final investment decision", sample_size=20,
        note="Printed: 65 % over budget, mean escalation 23 % over the approved budget; the spread is derived from "
        "both, and the 23 % is read as the mean of all twenty. Projects were still being built, so more may come. "
        "Of all 365, 64 % were over budget and 73 % late; how late could not be read. The month is from memory.",
        overrun=_overrun_beyond(1.23, 1.0, 0.38532046640756773),  # z = Φ⁻¹(0.65)
    ),
    ReferenceClass(
        "programmes",
        title="Report of the Main Control Directorate on the Far East programme of 1996-2005, 2003; "
        "Putin tries his own Asian pivot, 2014",
        publisher="Regnum; Nikkei Asian Review", date="2014-05", address="https://regnum.ru/news/139019.html",
        sample="Russian federal programmes for the Far East: that of 1996-2005 by early 2002, and that to 2013 by 2013",
        sample_size=2,
        note="Less than a third of the objects planned in the first were working by early 2002 (Regnum, 2003; taken as "
        "33 %, an upper bound); 40 % of the second was delivered by 2013 (Nikkei Asian Review, May 2014). Objects "
        "and money are not the same measure. The weight is that of two programmes.",
        delivered=_shares((0.33 + 0.40) / 2, 2),
    ),
    ReferenceClass(
        "pledges",
        title="$2.79bn pledged toward Haiti released: UN", publisher="PTI, Zee News", date="2012-09",
        address="http://zeenews.india.com/news/world/usd-2-79-bn-pledged-toward-haiti-released-un_801902.html",
        sample="55 public donors of the conference for Haiti of March 2010: 52.3 % of $5.33bn for 2010-2012 paid",
        sample_size=55,
        note="Counted by the UN Office of the Special Envoy. Donors go to the ends (22 of 55 paid all that they had "
        "pledged for 2010-2011), so the weight is that of one pledge. The month is from memory.",
        delivered=_shares(0.523, 1),
    ),
    ReferenceClass(
        "state_visit_pledges",
        title="China promised Duterte US$9 billion for infrastructure", publisher="South China Morning Post",
        date="2019-10-26",
        address="https://www.scmp.com/week-asia/politics/article/3034666/"
        "china-promised-duterte-us9-billion-infrastructure-hes-had-only",
        sample="pledges of one state visit (China to the Philippines, 2016): 10.3 % of $9bn of loans after three "
        "years, 0.3 % of the $24bn in all contracted after two", sample_size=2,
        note="The second is from the Japan Times, 30 July 2018. Two counts of one visit that overlap, soon after it: "
        "more may come. Later than 2014: a published parameter for a case of that year.",
        delivered=_shares((0.103 + 0.003) / 2, 2),
    ),
)  # fmt: skip

CLASSES: Frozen[str, ReferenceClass] = Frozen({found.name: found for found in _ALL})
"""Every reference class that comes with Tumen, by name."""

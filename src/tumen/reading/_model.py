"""A language model may propose claims that the rules did not find; the rules say which of them stand in the text.

Any server with the usual chat interface will do (`POST /chat/completions`). It is never asked unless the caller names
a model, and then at this machine's own address unless the caller names another. Of what it proposes only that is kept
whose quotation stands in the page word for word, whose quantity is one that the rules find in that quotation, and whose
kind, subject and actors are known. Such rows say so: `method` begins with `model:`.
"""

from __future__ import annotations

import ipaddress
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tumen.errors import CaseError
from tumen.reading._actors import codes
from tumen.reading._claims import Claim
from tumen.reading._dates import find_dates
from tumen.reading._kinds import KINDS
from tumen.reading._page import Sentence
from tumen.reading._quantities import comparable, find_quantities
from tumen.reading._read import ReadPage
from tumen.reading._subjects import SUBJECTS
from tumen.reading._tables import folded

__all__ = ["LOOPBACK", "propose", "verified"]

LOOPBACK = "http://127.0.0.1:8080/v1"
_LONGEST_PAGE = 40_000
_LONGEST_ANSWER = 2_000_000
_TASK = (
    "List the claims that the text makes about cross-border initiatives, trade, visits, alignment or hazards. Answer with a "  # noqa: E501
    'JSON list only. Each item: {"quote": words copied from one sentence, "kind": one of KINDS, "subject": one of SUBJECTS, '  # noqa: E501
    '"actors": ISO codes of three letters, "quantity": the words of the figure or ""}. Add nothing that is not in the text.'  # noqa: E501
)


def propose(
    reading: ReadPage, model: str, address: str = LOOPBACK, remote: bool = False, timeout: float = 120.0
) -> tuple[Claim, ...]:
    """Claims that a model proposes for a page and that the rules find in its text, beside those found already.

    `remote` allows an address that is not this machine's own. Raises CaseError where the server cannot be asked.
    """
    _check_address(address, remote)
    text = "\n".join(sentence.text for sentence in reading.sentences)[:_LONGEST_PAGE]
    task = _TASK.replace("KINDS", ", ".join(KINDS)).replace("SUBJECTS", ", ".join(SUBJECTS))
    body = {
        "model": model,
        "temperature": 0,
        "messages": [{"role": "system", "content": task}, {"role": "user", "content": text}],
    }
    return verified(reading, _asked(address, body, timeout), model)


def _check_address(address: str, remote: bool) -> None:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CaseError([f"{address}: is no address of a server; write it like {LOOPBACK}"])
    if not remote and not _is_loopback(parts.hostname):
        raise CaseError(
            [f"{address}: is not this machine's own; the page would leave it. Name it on purpose to allow that"]
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A server that sends elsewhere is not followed: the page would leave the address that was named."""

    def redirect_request(self, *args: Any) -> None:
        return None


def _asked(address: str, body: Mapping[str, Any], timeout: float) -> Any:
    request = urllib.request.Request(
        address.rstrip("/") + "/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(request, timeout=timeout) as answer:
            content = json.loads(answer.read(_LONGEST_ANSWER))["choices"][0]["message"]["content"]
        found = re.search(r"\[.*\]", str(content), re.DOTALL)
        return json.loads(found.group()) if found else []
    except (OSError, ValueError, KeyError, IndexError, TypeError, urllib.error.URLError) as error:
        raise CaseError([f"{address}: gave no answer that can be used: {error}"]) from error


def verified(reading: ReadPage, proposed: Any, model: str) -> tuple[Claim, ...]:
    """Of what was proposed, what stands in the page and was not found already."""
    kept: list[Claim] = []
    for item in proposed if isinstance(proposed, list) else []:
        claim = _one(reading, item, model) if isinstance(item, Mapping) else None
        if claim is not None and not _known(claim, (*reading.claims, *kept)):
            kept.append(claim)
    return tuple(kept)


def _known(claim: Claim, others: tuple[Claim, ...]) -> bool:
    return any(
        (one.sentence, one.subject, one.quantity, one.unit)
        == (claim.sentence, claim.subject, claim.quantity, claim.unit)
        for one in others
    )


def _one(reading: ReadPage, item: Mapping[str, Any], model: str) -> Claim | None:
    quote = " ".join(str(item.get("quote", "")).split())
    kind, subject = str(item.get("kind", "")), str(item.get("subject", ""))
    actors = tuple(str(code) for code in item.get("actors") or () if str(code) in codes())
    place = _place(reading, quote)
    if len(quote) < 12 or place is None or kind not in KINDS or subject not in SUBJECTS:
        return None
    index, sentence = place
    quantity = _quantity(str(item.get("quantity") or ""), quote)
    if quantity is None:
        return None
    dates = find_dates(quote, reading.date)
    return Claim(
        reading.page.name, index, sentence.start, sentence.end, sentence.text, quote, kind, subject, actors, *quantity,
        dates[0].iso if dates else "", "", True, f"model:{model}; quotation found in the text",
    )  # fmt: skip


def _place(reading: ReadPage, quote: str) -> tuple[int, Sentence] | None:
    bare = folded(quote)
    for index, sentence in enumerate(reading.sentences):
        if bare in " ".join(folded(sentence.text).split()):
            return index, sentence
    return None


def _quantity(said: str, quote: str) -> tuple[str, str] | None:
    """The figure and unit that the rules find for the words said to be the quantity; None where they find none."""
    if not said.strip():
        return "", ""
    wanted = [comparable(one.value, one.unit) for one in find_quantities(said)]
    for one in find_quantities(quote):
        if comparable(one.value, one.unit) in wanted:
            return one.value, one.unit
    return None

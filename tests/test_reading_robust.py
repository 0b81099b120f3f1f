"""What is no plain page: long, empty, binary, hostile, another language; no network; models that make things up."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tumen.errors import CaseError
from tumen.reading import Page, open_page, propose, read_page
from tumen.reading._model import verified

DAY = dt.date(2014, 5, 12)
CLAIM = "Peru and Chile signed an agreement on Friday to build a railway."
HOSTILE = {
    "deep": "<div>" * 50_000 + f"<p>{CLAIM}</p>" + "</div>" * 50_000,
    "script": "<script>" + 'x="</p>";' * 20_000 + f"</script><p>{CLAIM}</p>",
    "bomb": '<!DOCTYPE h [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><p>' + f"{CLAIM}</p><p>" + "&b;" * 10_000 + "</p>",
    "open attributes": f"<p>{CLAIM}</p>" + '<a b="' * 50_000,
    "signs": f"<p>{CLAIM}</p>" + "<" * 100_000,
    "comments": f"<p>{CLAIM}</p>" + "<!--" * 50_000,
}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Every attempt to reach out fails the test, but for those of the model back end on this machine."""
    if "server" in request.fixturenames:
        return

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_html_is_read_all_the_same(name: str) -> None:
    begun = time.monotonic()
    reading = read_page(Page(name, f"<html><body>{HOSTILE[name]}</body></html>", DAY, html=True))
    assert CLAIM in [sentence.text for sentence in reading.sentences]
    assert time.monotonic() - begun < 15


def test_a_page_of_links_has_no_text() -> None:
    page = "<html><body>" + '<p><a href="http://x.y/z">One of many links here</a></p>' * 20_000 + "</body></html>"
    assert read_page(Page("links", page, DAY, html=True)).sentences == ()


@pytest.mark.parametrize(
    "text", ["", "   \n\n ", "\ufeff", "word " * 100_000, "a" * 500_000, "1," * 100_000, '"' * 50_000]
)
def test_pages_without_claims(text: str) -> None:
    assert read_page(Page("a", text, DAY)).claims == ()


def test_another_language_gives_no_claims() -> None:
    text = "Президент посетил Пекин. Стоимость газопровода составит 55 млрд долларов, сообщает агентство.\n" * 5
    assert read_page(Page("a", text, DAY)).claims == ()


def test_a_long_page_is_read_from_its_beginning() -> None:
    reading = read_page(Page("a", (CLAIM + "\n") + "Nothing is said here of what was asked.\n" * 5000, DAY))
    assert reading.cut
    assert [claim.kind for claim in reading.claims] == ["agreement"]


@pytest.mark.parametrize("data", [bytes(range(256)) * 50, b"%PDF-1.4 something", b"\x00\x01\x02" * 500])
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(CaseError, match="save the page as text or HTML"):
        open_page(tmp_path / "a.txt")


def test_a_page_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="No such file"):
        open_page(tmp_path / "none.txt")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(CLAIM.replace("Chile", "Chile’s railway").encode(encoding))
    assert "Chile’s" in open_page(tmp_path / "a.txt").original


# ---- the model back end


LENDS, SAW = "Chile is to lend $2 billion", "a shepherd saw the engineers"
PROPOSED: list[Any] = [
    {"quote": LENDS, "kind": "plan", "subject": "railway", "actors": ["CHL"], "quantity": "$2 billion"},
    {"quote": LENDS, "kind": "plan", "subject": "mine", "actors": ["CHL"], "quantity": "$3 billion"},
    {"quote": "Chile will lend a fortune", "kind": "plan", "subject": "mine", "actors": [], "quantity": ""},
    {"quote": SAW, "kind": "rumour", "subject": "railway", "actors": [], "quantity": ""},
    {"quote": SAW, "kind": "report", "subject": "railway", "actors": ["XYZ"], "quantity": ""},
    "nonsense",
]
PAGE = Page("a", CLAIM + " Chile is to lend $2 billion. Nearby a shepherd saw the engineers at work.", DAY)


def test_of_what_a_model_proposes_only_what_stands_there_is_kept() -> None:
    reading = read_page(PAGE)
    found = verified(reading, PROPOSED, "m")
    assert [(one.kind, one.subject, one.actors, one.quantity) for one in found] == [("report", "railway", (), "")]
    assert found[0].method.startswith("model:m")
    assert verified(reading, {"not": "a list"}, "m") == ()


@pytest.mark.parametrize("address", ["http://10.0.0.1/v1", "https://example.org/v1", "http://127.0.0.1.example.org/v1"])
def test_no_page_leaves_this_machine_unless_that_is_asked_for(address: str) -> None:
    with pytest.raises(CaseError, match="not this machine's own"):
        propose(read_page(PAGE), "m", address)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1"])
def test_only_addresses_of_servers_are_asked(address: str) -> None:
    with pytest.raises(CaseError, match="no address of a server"):
        propose(read_page(PAGE), "m", address, remote=True)


@pytest.fixture
def server() -> Any:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = "Here: " + json.dumps(PROPOSED) if asked["model"] == "m" else "no list"
            body = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
            self.send_response(200 if asked["model"] != "broken" else 500)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/v1"
        running.shutdown()
        thread.join()


def test_a_server_on_this_machine_may_propose(server: str) -> None:
    reading = read_page(PAGE)
    assert len(propose(reading, "m", server)) == 1
    assert propose(reading, "silent", server) == ()
    with pytest.raises(CaseError, match="gave no answer"):
        propose(reading, "broken", server)

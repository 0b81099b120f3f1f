"""How the documentation is built: Sphinx, MyST and the pydata theme, with nothing fetched from anywhere."""

from __future__ import annotations

import importlib
import re
from importlib.metadata import version as installed_version
from typing import Any

project = "Tumen"
author = "The Tumen authors"
copyright = "2026, The Tumen authors"
release = installed_version("tumen")
version = ".".join(release.split(".")[:2])

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "_generated"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_title = f"Tumen {release}"
html_show_sourcelink = False
html_sidebars: dict[str, list[str]] = {"**": []}
html_theme_options = {"navigation_with_keys": False, "secondary_sidebar_items": ["page-toc"], "show_toc_level": 2}

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
# There is no inventory of other projects at hand, so only our own names are held to account.
nitpick_ignore_regex = [(r"py:.*", r"(?!tumen\.).*")]

# The packages whose public names stand in api.md.
FACES = ("case", "uncertainty", "trade", "money", "initiatives", "claims", "report", "study", "outcome", "errors")


def load_faces() -> None:
    """Loads the public names, which the packages import only when asked: autodoc looks at what is there."""
    for name in FACES:
        module = importlib.import_module(f"tumen.{name}")
        for public in module.__all__:
            setattr(module, public, getattr(module, public))


def plain_to_rst(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Reads a docstring as the house writes it: plain paragraphs, lists, `code`, and indented text as it stands."""
    written: list[str] = []
    for block in re.split(r"\n(?:[ \t]*\n)+", "\n".join(lines).strip("\n")):
        if block.startswith(">>>"):
            written += [*block.split("\n"), ""]
        elif block.startswith(" "):
            written += ["::", "", *(f"    {line}" for line in block.split("\n")), ""]
        else:
            written += [*prose(block).split("\n"), ""]
    lines[:] = written


def prose(text: str) -> str:
    """A paragraph or list with its `code` kept and every other sign that means something to Sphinx made plain."""
    heading, rule, rest = (*text.split("\n", 2), "", "")[:3]
    if rule and not rule.strip("-"):  # a numpydoc heading, such as `Parameters`; its entries follow
        entries = re.sub(r"^(?=\S)", "- ", rest, flags=re.MULTILINE)
        return f"**{heading}**\n\n{prose(entries)}"
    pieces = re.split(r"(`{1,2}[^`]+`{1,2})", text)
    plain = [re.sub(r"([\\*|])|_(?=\W|$)", lambda sign: "\\" + sign.group(), piece) for piece in pieces[::2]]
    code = [f"``{piece.strip('`')}``" + "\\ " for piece in pieces[1::2]]
    joined = "".join(part for pair in zip(plain, [*code, ""], strict=True) for part in pair)
    return re.sub(r"\\ (?=\s|$)", "", joined)


def find_public_home(app: Any, env: Any, node: Any, contnode: Any) -> Any:
    """Points a name of a private module, as annotations resolve to it, at the public face that shows it."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not re.match(r"tumen\.(.*\.)?_", target):
        return None
    domain = env.get_domain("py")
    short = target.rpartition(".")[2]
    homes = sorted(full for full in domain.objects if full.startswith("tumen.") and full.rpartition(".")[2] == short)
    if not homes:
        return contnode
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", homes[0], node, contnode) or contnode


def setup(app: Any) -> None:
    load_faces()
    app.connect("autodoc-process-docstring", plain_to_rst)
    app.connect("missing-reference", find_public_home)

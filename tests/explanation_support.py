"""The small world with claims, blocks and dials: what the tests of attribution and dials share."""

from __future__ import annotations

import shutil
from pathlib import Path

import tumen
from equilibrium_support import SMALL_WORLD

BLOCKS = """
blocks:
  rails: [rails]
  tolls: [toll]
  idle: [isolation]
"""
DIALS = """
dials:
  elasticity:
    title: Trade elasticity
    sets: [world.goods.fuel.long_run, world.goods.wares.long_run]
    values: [2, 4]
  cut:
    title: Cut by the rails
    sets: [rails.cut]
    values: [0 %, 10 %, 20 %]
"""
CLAIMS = """
claims:
  trade_2028:
    {said: Trade will rise, by: A minister, source: speech, measure: trade.two_way,
     where: {between: [AAA, BBB], year: 2028}, test: at_least 60 MUSD}
  three_2028:
    {said: So will the other, by: A minister, source: speech, measure: trade.two_way,
     where: {between: [BBB, CCC], year: 2028}, test: at_least 60 MUSD}
  rails_pay:
    {said: The rails are a gain, by: A minister, source: speech, measure: trade.effect,
     where: {initiative: rails, country: AAA, run: long}, test: at_least 0 %}
  untouched:
    {said: The old sanctions cost little, by: A minister, source: speech, measure: trade.idle_loss,
     where: {initiative: standing}, test: at_most 50 MUSD}
  short_ties:
    {said: Nobody needs the tie, by: A minister, source: speech, measure: trade.loss_of_ties,
     where: {country: BBB, partners: [AAA], run: short}, test: at_most 5 %}
"""


def explained_case(folder: Path, blocks: str = BLOCKS, dials: str = DIALS) -> tumen.Case:
    """The small world as a case that asks for explanations."""
    shutil.copytree(SMALL_WORLD, folder)
    path = folder / "case.yaml"
    path.write_text(path.read_text(encoding="utf-8") + CLAIMS + blocks + dials, encoding="utf-8")
    (folder / "sources.yaml").write_text("speech: {title: A speech (invented), date: 2024-01-15}\n", encoding="utf-8")
    return tumen.load(folder)

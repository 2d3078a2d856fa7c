"""A command that is killed right before an effect, and then given again, has done its work once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.conftest import USUAL_KILLS
from tests.crash.forked import Kill
from tests.crash.shop import Shop, open_shop

Moments = dict[str, dict[str, tuple[Kill, ...]]]
"""By command and what it is at; a second kill hits the command that was given again."""
STORED = Kill(r"os.rename .*/load/loaded/")
NOT_COMPLETE = Kill(r'sql insert into "raw_payments"."_dlt_loads"')
IN_RAW = Kill(r'sql insert into "raw_payments"\."(charges|customers|events)"', 2)
MOMENTS: Moments = {
    "load": {
        "before a partition's checksums": (Kill(r"os.rename .*=charges.*/_checksums.json"),),
        "as drift is recorded and nothing stored": (Kill(r"os.mkdir .*/load/normalized$"),),
        "half in raw, and as that is removed": (IN_RAW, Kill(r'sql delete from "raw_', 3)),
        "as all is stored": (STORED,),
        "before its end is recorded": (Kill(r"sql update control.runs set status = \?"),),
    },
    "sweep": {"in raw and not completed": (NOT_COMPLETE,)},
    "backfill": {
        "as a window is stored": (STORED,),
        "before its second window is a run": (Kill(r"sql insert into control.runs", 2),),
    },
    "replay": {"as all is stored": (STORED,)},
}
RARER: Moments = {
    "load": {
        "before its views": (Kill(r"sql create or replace view control.ledger"),),
        "as drift is recorded": (Kill(r"sql merge into control.fields", 2),),
        "in raw and not completed": (NOT_COMPLETE,),
        "as all is stored, and as it is told": (STORED, Kill(r"os.rename /_state/watermarks", 2)),
    },
    "sweep": {"as all is stored": (STORED,)},
    "backfill": {
        "as it is planned": (Kill(r"sql insert into control.backfills", 2),),
        "before its first window is a run": (Kill(r"sql insert into control.runs"),),
        "before a window is marked": (Kill(r"sql update control.backfills", 2),),
    },
    "replay": {"half in raw": (IN_RAW,)},
    "rewind": {"in raw and not completed": (NOT_COMPLETE,), "as all is stored": (STORED,)},
}
"""In a campaign of more kills than usual, which also kills a load at more moments of any kind."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    kills = metafunc.config.getoption("--crash-kills")
    if "share" in metafunc.fixturenames:
        many = max(1, kills // USUAL_KILLS)
        metafunc.parametrize("share", [(each + 0.5) / many for each in range(many)])
    if "moment" in metafunc.fixturenames:
        moments = [
            pytest.param(name, moment, id=f"{name} {what}")
            for table in ((MOMENTS, RARER) if kills > USUAL_KILLS else (MOMENTS,))
            for name, own in table.items()
            for what, moment in own.items()
        ]
        metafunc.parametrize(("name", "moment"), moments)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


def test_a_command_that_was_killed_does_its_work_once(
    name: str, moment: tuple[Kill, ...], shop: Shop
) -> None:
    expected = shop.expected(name)
    shop.begin(name, "killed")
    for kill in moment:
        shop.kill(name, "killed", kill)
    assert shop.finish(name, "killed") == expected


def test_a_load_that_was_killed_anywhere_does_its_work_once(share: float, shop: Shop) -> None:
    expected = shop.expected("load")
    shop.begin("load", "killed")
    shop.kill("load", "killed", Kill(".", 1 + int(share * shop.effects["load"])))
    assert shop.finish("load", "killed") == expected


def test_the_shop_has_something_of_everything_to_lose(shop: Shop) -> None:
    expected = shop.expected("sweep")
    for name in ("quarantine", "deletions", "drift", "freezes", "cursors"):
        assert (name, bool(expected[name])) == (name, True)

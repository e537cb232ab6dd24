"""Tables of Dask, Spark and Ray: the same answers, the account's limit, and no key on the way."""

import os
import pickle
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import glm_magic as glm
from glm_magic.errors import ArgumentError
from glm_magic.sandbox import Fault, Sandbox
from glm_magic.sandbox.scripts import by_text
from tests.canary import CANARY, seen_in
from tests.frames.libraries import needed, quietly

from .samples import LABELS, SORT, labels, records

ROWS = 400
MANY = 10_000
SOAK = [pytest.mark.soak, pytest.mark.timeout(600)]
BAD = 7
BAD_TEXT = f"Review {BAD}: as bad"
LIMIT = 8
ROOT = Path(__file__).parents[2]


def check(found: pd.DataFrame, rows: int) -> None:
    """Every row has the answer that a run in this process gives it, the bad one its error."""
    found = found.sort_values("id").reset_index(drop=True)
    assert list(found.columns[:4]) == ["id", "review", "answer", "_error"]
    assert list(found.id) == list(range(rows))
    wrong = [n for n, label in enumerate(labels(rows)) if n != BAD and found.answer[n] != label]
    assert wrong == []
    assert [n for n in range(rows) if pd.notna(found._error[n])] == [BAD]


@pytest.fixture(scope="module")
def fixed() -> Iterator[Sandbox]:
    """One host for all workers of a module's clusters: their environment cannot change later."""
    script = by_text({f"Review {BAD}:": Fault.refuse("1301")})
    with Sandbox(tokens_per_second=None, key=CANARY, script=script) as sandbox:
        sandbox.latency_seconds = 0.02
        yield sandbox


@pytest.fixture(scope="module")
def surroundings(fixed: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What workers find in their environment: the key, its host, and where answers are kept."""
    return {
        "GLM_BASE_URL": fixed.base_url,
        "GLM_API_KEY": CANARY,
        "GLM_DATA_DIR": str(tmp_path_factory.mktemp("journals")),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def account(
    fixed: Sandbox, surroundings: dict[str, str], bench: None, monkeypatch: pytest.MonkeyPatch
) -> Sandbox:
    """The module's host, with fresh counts and a limit."""
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    fixed.max_in_flight, fixed.latency_seconds = LIMIT, 0.02
    fixed.load.asked = fixed.load.refused = fixed.load.peak = 0
    return fixed


@pytest.fixture(scope="module")
def cluster(surroundings: dict[str, str], session_home: Path) -> Iterator[Any]:
    """Two worker processes of Dask on this machine."""
    distributed = needed("distributed")
    with pytest.MonkeyPatch.context() as patch, quietly():
        for name, value in surroundings.items():
            patch.setenv(name, value)
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=2, dashboard_address=None, processes=True,
                local_directory=str(session_home),
            ) as found,
            distributed.Client(found) as client,
        ):  # fmt: skip
            yield client


def dask_frame(rows: int, parts: int = 6) -> Any:
    """The reviews as a Dask DataFrame."""
    return needed("dask.dataframe").from_pandas(pd.DataFrame(records(rows)), npartitions=parts)


@pytest.mark.parametrize("rows", [ROWS, pytest.param(MANY, marks=SOAK)])
def test_dask_answers_where_the_data_is(account: Sandbox, cluster: Any, rows: int) -> None:
    """A lazy frame comes back; its rows are those of a local run, within the limit."""
    options = {"in_flight": LIMIT, "temperature": 0.4 if rows == MANY else None}
    found = glm.map(dask_frame(rows), SORT, schema=LABELS, **options)
    assert account.load.asked == 0, "nothing is asked before it is computed"
    assert found.npartitions <= LIMIT
    check(found.compute(), rows)
    assert (account.load.peak <= LIMIT, account.load.refused) == (True, 0)
    assert account.load.asked == rows
    check(found.compute(), rows)
    assert account.load.asked == rows + 1, "only the bad row is asked anew"


def test_a_plan_holds_no_key(account: Sandbox, cluster: Any) -> None:
    """What travels to the workers, and what a scheduler could show, never shows the key."""
    found = glm.map(dask_frame(20), SORT, model="glm-4.5-air")
    graph = found.__dask_graph__()
    assert not seen_in(pickle.dumps(found))
    assert not seen_in(repr(dict(graph)))


@pytest.mark.timeout(240)
def test_a_killed_worker_loses_nothing(account: Sandbox, cluster: Any) -> None:
    """A task whose worker dies goes on where it was, on another one."""
    rows = 300
    found = glm.map(dask_frame(rows), SORT, schema=LABELS, in_flight=4, tasks=2, temperature=0.3)
    account.latency_seconds = 0.05
    running = found.to_delayed()
    futures = cluster.compute(running)
    while account.load.asked < 60:
        time.sleep(0.02)
    address = next(iter(cluster.nthreads()))
    (pid,) = cluster.run(os.getpid, workers=[address]).values()
    os.kill(pid, signal.SIGKILL)
    check(pd.concat(cluster.gather(futures)), rows)
    assert account.load.asked <= rows + 2 * 4


@pytest.fixture(scope="module")
def spark(surroundings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A local Spark with a classic and a Connect session."""
    from tests.frames.spark import spark_sessions

    with pytest.MonkeyPatch.context() as patch:
        for name, value in surroundings.items():
            patch.setenv(name, value)
        with spark_sessions(tmp_path_factory.mktemp("spark")) as sessions:
            yield sessions


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("kind", "rows", "temperature"),
    [
        ("classic", ROWS, 0.1),
        pytest.param("classic", MANY, 0.5, marks=SOAK),
        pytest.param("connect", ROWS, 0.2, marks=SOAK),
    ],
)
def test_spark_answers_where_the_data_is(
    account: Sandbox, spark: Any, kind: str, rows: int, temperature: float
) -> None:
    """A lazy frame comes back, and neither its plan nor the Spark UI knows the key."""
    with quietly():
        frame = spark[kind].createDataFrame(pd.DataFrame(records(rows))).repartition(3)
        options = {"in_flight": LIMIT, "temperature": temperature}
        found = glm.map(frame, SORT, schema=LABELS, **options)
        assert account.load.asked == 0
        table = pd.DataFrame(row.asDict() for row in found.collect())
        plan = found._explain_string() if kind == "connect" else str(found._jdf.queryExecution())
    check(table, rows)
    assert account.load.peak <= LIMIT
    assert account.load.refused == 0
    assert not seen_in(plan)
    if kind == "classic":
        environment = spark["classic"].sparkContext.getConf().getAll()
        assert not seen_in(repr(environment))


def test_filter_works_there_too(account: Sandbox, cluster: Any) -> None:
    """Rows that are answered with yes."""
    frame = needed("dask.dataframe").from_pandas(
        pd.DataFrame({"text": ["fine", "not fine"] * 10}), npartitions=2
    )
    found = glm.filter(frame, "Is {text} fine?", in_flight=LIMIT)
    assert list(found.columns) == ["text", "_error"]
    assert set(found.compute().text) == {"fine"}


def test_what_leaves_is_told_there_too(
    bench: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before it is computed; but not of a table that is refused."""
    monkeypatch.setattr("glm_magic.rows.calls._told", set())
    monkeypatch.setenv("GLM_API_KEY", CANARY)
    with pytest.raises(ArgumentError):
        glm.map(dask_frame(2), "Sort {revew}", provider="zai")
    assert "Sent to" not in capsys.readouterr().err
    glm.map(dask_frame(2), SORT, provider="zai")
    assert "Sent to api.z.ai: the column review of all rows." in capsys.readouterr().err


def test_what_engines_do_not_do_is_told(account: Sandbox, cluster: Any) -> None:
    """A dry run, a file and too few tasks are refused before anything runs."""
    for options in ({"dry_run": True}, {"to": "x.parquet"}, {"tasks": 0}, {"engine": "spark"}):
        with pytest.raises(ArgumentError):
            glm.map(dask_frame(10), SORT, **options)
    with pytest.raises(ArgumentError, match="Unknown column"):
        glm.map(dask_frame(10), "{revew}")


def workers(name: bytes) -> list[int]:
    """The processes of that name, or of a part of it, that this one has started, the last first."""
    parents: dict[int, int] = {}
    named: list[int] = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            status = (place / "stat").read_text().rpartition(")")[2].split()
            parents[int(place.name)] = int(status[1])
            if name in (place / "cmdline").read_bytes():
                named.append(int(place.name))

    def is_ours(pid: int) -> bool:
        return pid == os.getpid() or (pid in parents and is_ours(parents[pid]))

    return sorted(filter(is_ours, named), reverse=True)


def while_one_is_killed(account: Sandbox, name: bytes, run: Callable[[], Any]) -> Any:
    """What a run gives although a worker is killed when 60 rows were asked."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        while account.load.asked < 60 and not running.done():
            time.sleep(0.02)
        assert not running.done()
        os.kill(workers(name)[0], signal.SIGKILL)
        return running.result()


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_a_killed_worker_of_spark_loses_nothing(account: Sandbox, spark: Any) -> None:
    """Spark tries the task again, which finds what was answered."""
    rows = 300
    account.latency_seconds = 0.05
    with quietly():
        frame = spark["classic"].createDataFrame(pd.DataFrame(records(rows))).repartition(2)
        found = glm.map(frame, SORT, schema=LABELS, in_flight=4, temperature=0.6)
        answered = while_one_is_killed(account, b"pyspark.daemon", found.collect)
    check(pd.DataFrame(row.asDict() for row in answered), rows)
    assert account.load.asked <= rows + 2 * 4 + 1


@pytest.fixture(scope="module")
def ray(surroundings: dict[str, str]) -> Iterator[Any]:
    """A local Ray."""
    ray = needed("ray")
    needed("ray.data")
    with pytest.MonkeyPatch.context() as patch, quietly():
        for name, value in surroundings.items():
            patch.setenv(name, value)
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        try:
            yield ray
        finally:
            ray.shutdown()


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("rows", "temperature"), [(ROWS, 0.7), (MANY, 0.8)])
def test_ray_answers_where_the_data_is(
    account: Sandbox, ray: Any, rows: int, temperature: float
) -> None:
    """The same with Ray Data."""
    with quietly():
        data = ray.data.from_pandas(pd.DataFrame(records(rows)))
        options = {"in_flight": LIMIT, "temperature": temperature}
        table = glm.map(data, SORT, schema=LABELS, **options).to_pandas()
    check(table, rows)
    assert account.load.peak <= LIMIT
    assert account.load.refused == 0


@pytest.mark.soak
def test_filter_works_with_ray_too(account: Sandbox, ray: Any) -> None:
    """Rows that are answered with yes, and those without an answer."""
    with quietly():
        data = ray.data.from_items([{"text": text} for text in ("fine", "not fine", BAD_TEXT) * 5])
        found = glm.filter(data, "Is {text} fine?", in_flight=LIMIT)
        table = found.to_pandas()
    assert list(table.columns) == ["text", "_error"]
    assert sorted(table.text) == sorted(["fine", BAD_TEXT] * 5)
    assert set(table.text[table._error.notna()]) == {BAD_TEXT}


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_killed_worker_of_ray_loses_nothing(account: Sandbox, ray: Any) -> None:
    """Ray starts another one, which finds what was answered."""
    rows = 300
    account.latency_seconds = 0.05
    with quietly():
        data = ray.data.from_pandas(pd.DataFrame(records(rows)))
        found = glm.map(data, SORT, schema=LABELS, in_flight=4, temperature=0.9)
        table = while_one_is_killed(account, b"ray::MapWorker", found.to_pandas)
    check(table, rows)
    assert account.load.asked <= rows + 2 * 4 + 1

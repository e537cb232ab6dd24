"""One local Spark for the tests of a module, with a classic and a Connect session."""

import logging
import os
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from .libraries import needed

_QUIET = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
    "spark.connect.grpc.binding.address": "127.0.0.1",
}


@contextmanager
def spark_sessions(folder: Path) -> Iterator[dict[str, Any]]:
    """The two sessions, "classic" and "connect", of one Spark that keeps to a folder."""
    needed("pyspark")
    port = _free_port()
    here = Path.cwd()
    env = {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    for talker in ("py4j", "pyspark"):  # each call to Java is a line
        logging.getLogger(talker).setLevel(logging.CRITICAL)
    with warnings.catch_warnings(), mock.patch.dict(os.environ, env):
        warnings.simplefilter("ignore")  # Spark's own, about the versions of others
        os.chdir(folder)  # Spark writes beside itself
        try:
            builder = needed("pyspark.sql").SparkSession.builder.master("local[2,4]")
            options = _QUIET | {
                "spark.connect.grpc.binding.port": str(port),
                "spark.sql.warehouse.dir": str(folder / "warehouse"),
                "spark.local.dir": str(folder / "local"),
            }
            classic = builder.config(map=options).getOrCreate()
        finally:
            os.chdir(here)
        remote = needed("pyspark.sql.connect.session").SparkSession.builder
        connect = remote.remote(f"sc://127.0.0.1:{port}").create()
        try:
            yield {"classic": classic, "connect": connect}
        finally:
            connect.stop()
            classic.stop()
            _end_java()


def _end_java() -> None:
    """Ends Java itself: it outlives its sessions, and the next ones would have its environment."""
    context = needed("pyspark").SparkContext
    gateway, context._gateway, context._jvm = context._gateway, None, None
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])

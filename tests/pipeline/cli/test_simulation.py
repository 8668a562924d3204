import signal
from pathlib import Path

import httpx

from pond_pipeline.simulator import Simulator, harbor
from tests.pipeline.cli.shell import Shell


def test_the_simulator_serves_until_ctrl_c(nowhere: Shell) -> None:
    with nowhere.start("simulator", "--port", "0") as process:
        assert process.stdout is not None
        lines = dict(process.stdout.readline().strip().split("=", 1) for _ in range(3))
        account = (lines["HYDROVU_KEY"], lines["HYDROVU_SECRET"])
        token = httpx.post(
            f"{lines['HYDROVU_URL']}/public-api/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=account,
            trust_env=False,
            timeout=60,
        )
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate()
    assert (token.status_code, account) == (200, ("demo", "demo"))
    assert (process.returncode, talk.endswith("stopped\n")) == (0, True)


def test_a_folder_without_recordings_is_refused(nowhere: Shell, tmp_path: Path) -> None:
    result = nowhere.run("simulator", "--port", "0", "--replay", tmp_path)
    assert (result.exit_code, "no Parquet file to replay" in result.stderr) == (2, True)


def test_a_port_that_is_taken_is_refused(nowhere: Shell) -> None:
    with Simulator(harbor()) as other:
        result = nowhere.run("simulator", "--port", other.base_url.rpartition(":")[2])
    assert (result.exit_code, "cannot listen" in result.stderr) == (2, True)
